"""What a model attends to, as one picture (the paper's Figures 7 and 8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from aanet.visualization.canvas import Canvas, text_width
from aanet.visualization.model_attention import Attention
from aanet.visualization.pictures import overlay, overlay_stripes

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
_SIDE = 2.6
_CELL = 0.5
_NOTES = 2.2

_WITH_AAM = """\
Class activation map of the training
class that AAM's classifier scores
highest: a person of the test set has
no class of its own. White: AAM's crop.
Bars: attention vector, 0 to 1, in the
rows of the crop."""
_WITHOUT_AAM = """\
Mean activation of the last map: the
model has no AAM, hence neither class
activation nor crop. Bars: the map's
row means, 0 to 1."""
_STRIPES = """\
Stripes: class activation of each
stripe's own classifier (Grad-CAM)."""
_SCALE = """\
Every map is scaled by itself, from
blue (lowest) to red (highest)."""


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
    count = len(images)
    width = _HEIGHT * images.shape[2] / images.shape[1]
    block = width + _VECTOR_GAP + _VECTOR + _COLUMN_GAP
    side = _MARGIN + _LABELS + count * block
    rows = 3 if attention.stripes else 2
    notes = _top(0) + 2 * _LABELS + count * _CELL
    right = max(
        side + max(_SIDE, _LABELS + count * _CELL),
        _MARGIN + text_width(title, 14, 'bold'),
    )
    bottom = max(_top(rows) - _ROW_GAP, notes + _NOTES)
    canvas = Canvas(right + _MARGIN, bottom + _MARGIN)
    canvas.text(_MARGIN, _MARGIN, title, size=14, weight='bold')
    _draw_labels(canvas, attention)
    for number, (image, caption) in enumerate(
        zip(images, captions, strict=True)
    ):
        column = _Column(canvas, _MARGIN + _LABELS + number * block, width)
        column.draw_input(image, f'({_letter(number)}) {caption}')
        column.draw_map(image, attention, number)
        if attention.stripes:
            column.draw_stripes(image, attention, number)
    _draw_cosines(canvas, attention, side)
    _draw_notes(canvas, attention, side, notes)
    return canvas.render()


def _top(row: int) -> float:
    """Upper edge of a row of pictures."""
    header = _MARGIN + _TITLE + _CAPTION
    return header + row * (_HEIGHT + _ROW_GAP)


def _letter(number: int) -> str:
    return ascii_lowercase[number] if number < 26 else str(number)


def _draw_labels(canvas: Canvas, attention: Attention) -> None:
    """Write beside each row what it shows."""
    named = 'mean activation' if attention.classes is None else 'CAM and crop'
    labels = ['input', named]
    if attention.stripes:
        labels.append(f'{len(attention.stripes)} stripes')
    for row, label in enumerate(labels):
        canvas.text(
            _MARGIN,
            _top(row) + _HEIGHT / 2,
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
        width (float): Width of a picture in inches.
    """

    canvas: Canvas
    left: float
    width: float

    def draw_input(self, image: np.ndarray, caption: str) -> None:
        self._picture(image, row=0)
        self.canvas.text(
            self.left + self.width / 2,
            _top(0) - 0.06,
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
            box = Rectangle(
                (first * per_column, upper),
                (last + 1 - first) * per_column,
                lower - upper,
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
            image, self.left, _top(row), self.width, _HEIGHT
        )

    def _draw_vector(
        self, vector: np.ndarray, upper: float, lower: float, height: int
    ) -> None:
        """Draw bars beside the rows that they stand for, in pixels."""
        step = (lower - upper) / len(vector)
        centers = upper + (np.arange(len(vector)) + 0.5) * step
        left = self.left + self.width + _VECTOR_GAP
        axes = self.canvas.axes(left, _top(1), _VECTOR, _HEIGHT)
        axes.barh(centers, vector, height=0.8 * step, color='#2b6cb0')
        axes.set(xlim=(0, 1), ylim=(height, 0), xticks=(), yticks=())
        for side in ('top', 'right', 'bottom'):
            axes.spines[side].set_visible(False)


def _draw_cosines(canvas: Canvas, attention: Attention, left: float) -> None:
    """Draw the matrix of cosines with its figures."""
    cosines = attention.cosines
    count = len(cosines)
    bare = attention.classes is None
    named = 'row means' if bare else 'attention vectors'
    canvas.text(left, _top(0), f'cosine of {named}', size=10)
    axes = canvas.axes(
        left + _LABELS, _top(0) + 0.25, count * _CELL, count * _CELL
    )
    axes.imshow(cosines, cmap='Blues', vmin=0, vmax=1.4, aspect='auto')
    letters = [_letter(number) for number in range(count)]
    axes.set_xticks(range(count), letters)
    axes.set_yticks(range(count), letters)
    axes.tick_params(length=0)
    for (row, column), cosine in np.ndenumerate(cosines):
        axes.text(
            column, row, f'{cosine:.2f}', ha='center', va='center', size=8
        )


def _draw_notes(
    canvas: Canvas, attention: Attention, left: float, top: float
) -> None:
    """Write how to read the picture."""
    notes = [_WITHOUT_AAM if attention.classes is None else _WITH_AAM]
    if attention.stripes:
        notes.append(_STRIPES)
    notes.append(_SCALE)
    canvas.text(
        left, top, '\n\n'.join(notes), size=8, color='#4a5568', linespacing=1.4
    )
