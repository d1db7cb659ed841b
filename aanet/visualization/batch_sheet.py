"""A batch of P identities x K images as one picture, an identity a row."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from aanet.visualization.canvas import Canvas, text_width
from aanet.visualization.train_batches import TrainImage

# Inches.
_HEIGHT = 1.5
_GAP = 0.06
_COLUMN_GAP = 0.25
_MARGIN = 0.25
_LABELS = 0.85
_HEADER = 0.7
_STAGES = 0.25
_CAPTION = 0.5

# Points.
_TITLE, _SUBTITLE, _TEXT, _SMALL = 14, 9, 10, 7.5

_GRAY = '#4a5568'


def rows_of(images: Sequence[TrainImage]) -> list[list[TrainImage]]:
    """The images of each identity, in the order of the batch.

    Args:
        images (Sequence[TrainImage]): A batch.

    Returns:
        list[list[TrainImage]]: One row for each identity.
    """
    rows: dict[int, list[TrainImage]] = {}
    for image in images:
        rows.setdefault(image.label, []).append(image)
    return list(rows.values())


def batch_sheet(
    images: Sequence[TrainImage], title: str, subtitle: str = ''
) -> np.ndarray:
    """Draw a batch.

    Args:
        images (Sequence[TrainImage]): The batch; all have the same stages.
        title (str): First line.
        subtitle (str): Below it. Defaults to ''.

    Returns:
        np.ndarray: RGB, shape (H, W, 3).
    """
    rows = rows_of(images)
    names = [name for name, _ in images[0].stages]
    tile = _tile_width(images, names)
    strip = len(names) * (tile + _GAP) - _GAP
    captions = max(text_width(caption(image), _SMALL) for image in images)
    column = max(strip, captions) + _COLUMN_GAP
    top = _MARGIN + _HEADER + (_STAGES if len(names) > 1 else 0)
    width = max(
        _LABELS + column * max(map(len, rows)) - _COLUMN_GAP,
        text_width(title, _TITLE, 'bold'),
        text_width(subtitle, _SUBTITLE),
    )
    canvas = Canvas(
        2 * _MARGIN + width, top + len(rows) * (_HEIGHT + _CAPTION) + _MARGIN
    )
    canvas.text(_MARGIN, _MARGIN, title, size=_TITLE, weight='bold')
    canvas.text(_MARGIN, _MARGIN + 0.32, subtitle, size=_SUBTITLE, color=_GRAY)
    for number, row in enumerate(rows):
        upper = top + number * (_HEIGHT + _CAPTION)
        canvas.text(_MARGIN, upper, row_label(row[0]), size=_TEXT)
        for place, image in enumerate(row):
            # Captions may be wider than what they stand below.
            spare = (column - _COLUMN_GAP - strip) / 2
            left = _MARGIN + _LABELS + place * column + spare
            if number == 0 and len(names) > 1:
                _name_stages(canvas, names, left, upper, tile)
            _draw_strip(canvas, image, left, upper, tile)
    return canvas.render()


def row_label(image: TrainImage) -> str:
    """Whose row it is: identity, and the class that stands for it."""
    whose = f'id {image.pid}\n' if image.pid else ''
    return f'{whose}class {image.label}'


def caption(image: TrainImage) -> str:
    """Camera and file name."""
    camera = '?' if image.camid == -1 else image.camid
    name = Path(image.path).name
    return f'camid {camera}\n{name if len(name) < 33 else "..." + name[-29:]}'


def _tile_width(images: Sequence[TrainImage], names: Sequence[str]) -> float:
    """Room for the widest picture, and for the names of several stages."""
    pictures = [picture for image in images for _, picture in image.stages]
    widest = max(p.shape[1] / p.shape[0] for p in pictures) * _HEIGHT
    widest = min(widest, _HEIGHT)
    if len(names) == 1:
        return widest
    return max(widest, *(text_width(name, _SMALL) for name in names))


def _name_stages(
    canvas: Canvas, names: Sequence[str], left: float, top: float, tile: float
) -> None:
    for number, name in enumerate(names):
        canvas.text(
            left + number * (tile + _GAP) + tile / 2,
            top - 0.05,
            name,
            size=_SMALL,
            color=_GRAY,
            ha='center',
            va='bottom',
        )


def _draw_strip(
    canvas: Canvas, image: TrainImage, left: float, top: float, tile: float
) -> None:
    """One image's stages, each in its own shape, and what it is."""
    for number, (_, picture) in enumerate(image.stages):
        rows, columns = picture.shape[:2]
        scale = min(_HEIGHT / rows, tile / columns)
        width, height = columns * scale, rows * scale
        start = left + number * (tile + _GAP) + (tile - width) / 2
        axes = canvas.picture(
            picture, start, top + (_HEIGHT - height) / 2, width, height
        )
        axes.spines[:].set(color=_GRAY, linewidth=0.5)
    strip = len(image.stages) * (tile + _GAP) - _GAP
    canvas.text(
        left + strip / 2,
        top + _HEIGHT + 0.05,
        caption(image),
        size=_SMALL,
        color=_GRAY,
        ha='center',
    )
