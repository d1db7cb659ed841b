"""Ranked lists as one picture (the paper's Figure 1)."""

from collections.abc import Sequence

import numpy as np

from aanet.visualization.canvas import Canvas, text_width
from aanet.visualization.pictures import read_image
from aanet.visualization.ranking_row import (
    FRAME_COLORS,
    MARKS,
    RankingRow,
    Tile,
)

TILE_SIZE = (256, 128)
"""Height and width of a picture in pixels."""

# Inches.
_TILE_HEIGHT, _TILE_WIDTH = 2.0, 1.0
_GAP = 0.12
_QUERY_GAP = 0.35
_MARGIN = 0.25
_HEADER = 0.6
_LINE = 0.175
_HEADING = 0.3
_CAPTION = 0.56

# Points.
_TITLE, _SUBTITLE, _TEXT = 14, 9, 10


def ranking_sheet(
    rows: Sequence[RankingRow], title: str, subtitle: str = ''
) -> np.ndarray:
    """Draw ranked lists below each other.

    Args:
        rows (Sequence[RankingRow]): The lists.
        title (str): First line.
        subtitle (str): Below it, in any number of lines. Defaults to ''.

    Returns:
        np.ndarray: RGB, shape (H, W, 3).

    Raises:
        FileNotFoundError: If a picture is missing.
        ValueError: If a picture cannot be read.
    """
    row_height = _HEADING + _TILE_HEIGHT + _CAPTION
    header = _HEADER + _LINE * len(subtitle.splitlines())
    canvas = Canvas(
        2 * _MARGIN + _width(rows, title, subtitle),
        2 * _MARGIN + header + len(rows) * row_height,
    )
    canvas.text(_MARGIN, _MARGIN, title, size=_TITLE, weight='bold')
    canvas.text(
        _MARGIN,
        _MARGIN + 0.32,
        subtitle,
        size=_SUBTITLE,
        color='#4a5568',
        linespacing=1.4,
    )
    for number, row in enumerate(rows):
        top = _MARGIN + header + number * row_height
        canvas.text(_MARGIN, top, _heading(row), size=_TEXT)
        for column, tile in enumerate(row.tiles):
            left = _MARGIN + _left_of(column)
            _draw_tile(canvas, tile, left, top + _HEADING)
    return canvas.render()


def _width(rows: Sequence[RankingRow], title: str, subtitle: str) -> float:
    """What the widest row or line needs."""
    columns = max(len(row.tiles) for row in rows)
    return max(
        _left_of(columns) - _GAP,
        text_width(title, _TITLE, 'bold'),
        text_width(subtitle, _SUBTITLE),
        *(text_width(_heading(row), _TEXT) for row in rows),
    )


def _heading(row: RankingRow) -> str:
    return f'{row.heading}: {row.summary}'


def _left_of(column: int) -> float:
    """Left edge of a column; the query stands a little apart."""
    return column * (_TILE_WIDTH + _GAP) + (_QUERY_GAP if column else 0)


def _draw_tile(canvas: Canvas, tile: Tile, left: float, top: float) -> None:
    image = read_image(tile.path, TILE_SIZE)
    axes = canvas.picture(image, left, top, _TILE_WIDTH, _TILE_HEIGHT)
    color = FRAME_COLORS[tile.kind]
    for spine in axes.spines.values():
        spine.set(color=color, linewidth=3.5)
    axes.text(
        0.03,
        0.985,
        tile.badge,
        transform=axes.transAxes,
        va='top',
        size=8,
        color='white',
        weight='bold',
        bbox={'facecolor': color, 'edgecolor': color, 'pad': 2},
    )
    canvas.text(
        left + _TILE_WIDTH / 2,
        top + _TILE_HEIGHT + 0.06,
        f'{MARKS[tile.kind]} {tile.name}\n{tile.detail}'.strip(),
        size=8,
        ha='center',
        color=color,
    )
