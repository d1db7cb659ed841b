"""What a model attends to, as one picture (the paper's Figures 7 and 8)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from aanet.visualization.attention_side import Side, letter
from aanet.visualization.canvas import Canvas, text_width
from aanet.visualization.model_attention import Attention
from aanet.visualization.pictures import overlay, overlay_stripes

MAX_COLUMNS = 8
"""More images go on below."""

# Inches.
_HEIGHT = 2.6
_ROW_GAP = 0.3
_VECTOR = 0.5
_VECTOR_GAP = 0.06
_COLUMN_GAP = 0.3
_MARGIN = 0.3
_TITLE = 0.45
_CAPTION = 0.5
_LABELS = 0.3
_BOX_INSET = 0.02


def attention_sheet(
    images: np.ndarray,
    attention: Attention,
    captions: Sequence[str],
    title: str,
) -> np.ndarray:
    """Draw images, maps and attention vectors side by side.

    Args:
        images (np.ndarray): RGB, uint8, shape (N, H, W, 3).
        attention (Attention): What the model attends to in them.
        captions (Sequence[str]): What to write above each image, up to two
            lines.
        title (str): First line.

    Returns:
        np.ndarray: RGB, shape (H, W, 3).
    """
    count, columns = len(images), min(len(images), MAX_COLUMNS)
    width = _HEIGHT * images.shape[2] / images.shape[1]
    block = width + _VECTOR_GAP + _VECTOR + _COLUMN_GAP
    band = _CAPTION + (3 if attention.stripes else 2) * (_HEIGHT + _ROW_GAP)
    head = _MARGIN + _TITLE
    side = Side(attention)
    beside = _MARGIN + _LABELS + columns * block
    right = max(beside + side.width, _MARGIN + text_width(title, 14, 'bold'))
    bands = -(-count // columns)
    bottom = head + max(bands * band - _ROW_GAP, _CAPTION + side.height)
    canvas = Canvas(right + _MARGIN, bottom + _MARGIN)
    canvas.text(_MARGIN, _MARGIN, title, size=14, weight='bold')
    for number in range(bands):
        _draw_labels(canvas, attention, head + number * band + _CAPTION)
    for number, (image, caption) in enumerate(
        zip(images, captions, strict=True)
    ):
        row, place = divmod(number, columns)
        left = _MARGIN + _LABELS + place * block
        column = _Column(canvas, left, head + row * band + _CAPTION, width)
        column.draw_input(image, f'({letter(number)}) {caption}')
        column.draw_map(image, attention, number)
        if attention.stripes:
            column.draw_stripes(image, attention, number)
    side.draw(canvas, beside, head + _CAPTION)
    return canvas.render()


def _draw_labels(canvas: Canvas, attention: Attention, top: float) -> None:
    """Write beside each row what it shows."""
    named = 'mean activation' if attention.classes is None else 'CAM and crop'
    labels = ['input', named]
    if attention.stripes:
        labels.append(f'{len(attention.stripes)} stripes')
    for row, label in enumerate(labels):
        canvas.text(
            _MARGIN,
            top + row * (_HEIGHT + _ROW_GAP) + _HEIGHT / 2,
            label,
            size=10,
            rotation=90,
            va='center',
        )


@dataclass(frozen=True)
class _Column:
    """Draws everything about one image.

    Attributes:
        canvas (Canvas): Where to.
        left (float): Left edge in inches.
        top (float): Upper edge of the first picture in inches.
        width (float): Width of a picture in inches.
    """

    canvas: Canvas
    left: float
    top: float
    width: float

    def draw_input(self, image: np.ndarray, caption: str) -> None:
        self._picture(image, row=0)
        self.canvas.text(
            self.left + self.width / 2,
            self.top - 0.06,
            caption,
            size=8,
            ha='center',
            va='bottom',
        )

    def draw_map(
        self, image: np.ndarray, attention: Attention, number: int
    ) -> None:
        axes = self._picture(overlay(image, attention.maps[number]), row=1)
        per_row, per_column = (
            np.array(image.shape[:2]) / attention.maps.shape[1:]
        )
        top, bottom, first, last = attention.boxes[number]
        upper, lower = top * per_row, (bottom + 1) * per_row
        if attention.classes is not None:
            # Else the picture's frame would hide the sides that it shares.
            inset = _BOX_INSET * len(image) / _HEIGHT
            box = Rectangle(
                (first * per_column + inset, upper + inset),
                (last + 1 - first) * per_column - 2 * inset,
                lower - upper - 2 * inset,
                fill=False,
                edgecolor='white',
                linewidth=2,
            )
            axes.add_patch(box)
            axes.set_xlabel(f'class {attention.classes[number]}', size=8)
        self._draw_vector(attention.vectors[number], upper, lower, len(image))

    def draw_stripes(
        self, image: np.ndarray, attention: Attention, number: int
    ) -> None:
        maps = [stripe[number] for stripe in attention.stripes]
        self._picture(overlay_stripes(image, maps), row=2)

    def _picture(self, image: np.ndarray, row: int) -> Axes:
        return self.canvas.picture(
            image, self.left, self._upper(row), self.width, _HEIGHT
        )

    def _upper(self, row: int) -> float:
        """Upper edge of one of its pictures."""
        return self.top + row * (_HEIGHT + _ROW_GAP)

    def _draw_vector(
        self, vector: np.ndarray, upper: float, lower: float, height: int
    ) -> None:
        """Draw bars beside the rows that they stand for, in pixels."""
        step = (lower - upper) / len(vector)
        centers = upper + (np.arange(len(vector)) + 0.5) * step
        left = self.left + self.width + _VECTOR_GAP
        axes = self.canvas.axes(left, self._upper(1), _VECTOR, _HEIGHT)
        axes.barh(centers, vector, height=0.8 * step, color='#2b6cb0')
        axes.set(xlim=(0, 1), ylim=(height, 0), xticks=(), yticks=())
        for side in ('top', 'right', 'bottom'):
            axes.spines[side].set_visible(False)
