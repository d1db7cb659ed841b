"""Figures without a screen, laid out in inches from the upper left."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

DPI = 120


def text_width(text: str, size: float, weight: str = 'normal') -> float:
    """Width of a text's longest line in inches.

    Args:
        text (str): The text.
        size (float): Size of its font in points.
        weight (str): Weight of its font. Defaults to ``'normal'``.

    Returns:
        float: Inches.
    """
    font = FontProperties(size=size, weight=weight)
    renderer = RendererAgg(1, 1, DPI)
    pixels = [
        renderer.get_text_width_height_descent(line, font, ismath=False)[0]
        for line in text.splitlines()
    ]
    return max(pixels, default=0.0) / DPI


class Canvas:
    """A white figure whose parts are placed in inches.

    Positions count from the upper left corner, as those of pixels do.

    Args:
        width (float): Width in inches.
        height (float): Height in inches.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self.figure = Figure(figsize=(width, height), dpi=DPI)
        self._agg = FigureCanvasAgg(self.figure)

    def axes(
        self, left: float, top: float, width: float, height: float
    ) -> Axes:
        """Axes that fill a rectangle.

        Args:
            left (float): Left edge in inches.
            top (float): Upper edge in inches.
            width (float): Width in inches.
            height (float): Height in inches.

        Returns:
            Axes: The axes.
        """
        bottom = self.height - top - height
        return self.figure.add_axes(
            (
                left / self.width,
                bottom / self.height,
                width / self.width,
                height / self.height,
            )
        )

    def picture(
        self,
        image: np.ndarray,
        left: float,
        top: float,
        width: float,
        height: float,
    ) -> Axes:
        """A picture that fills a rectangle; its axes count in pixels.

        Args:
            image (np.ndarray): RGB, shape (H, W, 3).
            left (float): Left edge in inches.
            top (float): Upper edge in inches.
            width (float): Width in inches.
            height (float): Height in inches.

        Returns:
            Axes: The axes, without ticks.
        """
        axes = self.axes(left, top, width, height)
        rows, columns = image.shape[:2]
        axes.imshow(image, extent=(0, columns, rows, 0), aspect='auto')
        axes.set(xticks=(), yticks=())
        return axes

    def text(self, left: float, top: float, text: str, **style: Any) -> None:
        """Text whose upper left corner lies at a point.

        Args:
            left (float): Left edge in inches.
            top (float): Upper edge in inches.
            text (str): The text.
            **style (Any): As in :meth:`matplotlib.figure.Figure.text`.
        """
        self.figure.text(
            left / self.width,
            1 - top / self.height,
            text,
            **{'va': 'top', 'ha': 'left', **style},
        )

    def render(self) -> np.ndarray:
        """Draw everything.

        Returns:
            np.ndarray: RGB, shape (H, W, 3).
        """
        self._agg.draw()
        return np.asarray(self._agg.buffer_rgba())[..., :3].copy()
