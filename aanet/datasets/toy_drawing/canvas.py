"""A transparent sheet to draw on, in the units of what is drawn."""

from collections.abc import Sequence
from itertools import pairwise
from math import cos, radians, sin

import cv2
import numpy as np

Color = tuple[int, int, int]
"""Blue, green, red in 0..255, as OpenCV orders them."""

Paint = Color | np.ndarray
"""One color, or a uint8 picture (height, width, 3) as large as the canvas."""

Point = tuple[float, float]

_FRACTION_BITS = 4
_ARC_STEP = 20


class Canvas:
    """A transparent image with a coordinate system: x right, y up.

    Args:
        width (int): In pixels.
        height (int): In pixels.
        origin (Point): Pixel (column, row) of the point (0, 0).
        scale (float): Pixels per unit.

    Attributes:
        image (np.ndarray): (height, width, 4) uint8: blue, green and red,
            multiplied by the opacity, which is the last channel.
    """

    def __init__(
        self, width: int, height: int, origin: Point, scale: float
    ) -> None:
        self.image = np.zeros((height, width, 4), np.uint8)
        self._origin = np.asarray(origin)
        self._scale = scale

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates of the pixels.

        Returns:
            tuple[np.ndarray, np.ndarray]: x (1, width) and y (height, 1).
        """
        height, width = self.image.shape[:2]
        x = (np.arange(width)[None] - self._origin[0]) / self._scale
        y = (self._origin[1] - np.arange(height)[:, None]) / self._scale
        return x, y

    def polygon(self, corners: Sequence[Point], paint: Paint) -> None:
        """Fill a polygon.

        Args:
            corners (Sequence[Point]): Its corners.
            paint (Paint): What to fill it with.
        """
        self._fill([corners], paint)

    def ellipse(
        self,
        center: Point,
        radii: Point,
        paint: Paint,
        arc: tuple[int, int] = (0, 360),
    ) -> None:
        """Fill an ellipse, or the part of it above a chord.

        Args:
            center (Point): Its center.
            radii (Point): Horizontal and vertical radius.
            paint (Paint): What to fill it with.
            arc (tuple[int, int]): From and to which angle, in degrees from
                the right upwards. Defaults to (0, 360).
        """
        self._fill([_arc(center, radii, arc)], paint)

    def limb(
        self, joints: Sequence[Point], widths: Sequence[float], paint: Paint
    ) -> None:
        """Draw a chain of segments with round joints, such as an arm.

        Args:
            joints (Sequence[Point]): Two or more points.
            widths (Sequence[float]): Thickness at each of them.
            paint (Paint): What to fill it with.
        """
        shapes: list[Sequence[Point]] = [
            _arc(joint, (width / 2, width / 2), (0, 360))
            for joint, width in zip(joints, widths, strict=True)
        ]
        ends = pairwise(zip(joints, widths, strict=True))
        shapes += [_segment(*start, *end) for start, end in ends]
        self._fill(shapes, paint)

    def _fill(self, shapes: Sequence[Sequence[Point]], paint: Paint) -> None:
        if isinstance(paint, np.ndarray):
            self._fill_with_picture(shapes, paint)
            return
        for shape in shapes:
            _fill_polygon(self.image, self._to_pixels(shape), (*paint, 255))

    def _fill_with_picture(
        self, shapes: Sequence[Sequence[Point]], picture: np.ndarray
    ) -> None:
        mask = np.zeros(self.image.shape[:2], np.uint8)
        for shape in shapes:
            _fill_polygon(mask, self._to_pixels(shape), 255)
        left, top, width, height = cv2.boundingRect(mask)
        if not width:
            return
        window = np.s_[top : top + height, left : left + width]
        alpha = mask[window][..., None] / np.float32(255)
        opaque = cv2.cvtColor(picture[window], cv2.COLOR_BGR2BGRA)
        below = self.image[window]
        below[...] = np.rint(below + (opaque - np.float32(below)) * alpha)

    def _to_pixels(self, points: Sequence[Point]) -> np.ndarray:
        flipped = np.asarray(points) * (self._scale, -self._scale)
        return flipped + self._origin


def _fill_polygon(
    image: np.ndarray, corners: np.ndarray, value: int | tuple[int, ...]
) -> None:
    fixed = np.rint(corners * 2**_FRACTION_BITS).astype(np.int32)
    cv2.fillPoly(image, [fixed], value, cv2.LINE_AA, _FRACTION_BITS)


def _arc(center: Point, radii: Point, arc: tuple[int, int]) -> list[Point]:
    """Corners of a polygon close to an arc of an ellipse."""
    angles = map(radians, range(arc[0], arc[1] + 1, _ARC_STEP))
    return [
        (center[0] + radii[0] * cos(angle), center[1] + radii[1] * sin(angle))
        for angle in angles
    ]


def _segment(
    start: Point, start_width: float, end: Point, end_width: float
) -> list[Point]:
    """Corners of a segment whose thickness changes along it."""
    along = complex(*end) - complex(*start)
    across = along / max(abs(along), 1e-6) * 0.5j
    corners = [
        complex(*start) + across * start_width,
        complex(*end) + across * end_width,
        complex(*end) - across * end_width,
        complex(*start) - across * start_width,
    ]
    return [(corner.real, corner.imag) for corner in corners]
