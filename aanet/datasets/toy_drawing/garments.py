"""The pictures on clothes."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from aanet.datasets.toy_drawing.people import Garment


class _Cloth(NamedTuple):
    """Where the pixels lie on a torso.

    Attributes:
        x (np.ndarray): (1, W) in half widths of the torso, from its middle.
        y (np.ndarray): (H, 1) from 0 at the hip to 1 at the shoulders.
        chest (np.ndarray): (1, W) like x, from the middle of the chest,
            which moves to the side as the person turns.
        front (float): How far the person faces the camera, in -1..1.
    """

    x: np.ndarray
    y: np.ndarray
    chest: np.ndarray
    front: float


def paint_garment(
    garment: Garment, x: np.ndarray, y: np.ndarray, heading: float
) -> np.ndarray:
    """Paint the cloth of an upper garment over a whole canvas.

    Args:
        garment (Garment): Its pattern and colors.
        x (np.ndarray): (1, W) in half widths of the torso, 0 at its middle.
        y (np.ndarray): (H, 1) 0 at the hip, 1 at the shoulders.
        heading (float): Where the person faces, in radians; 0 is into the
            camera, pi / 2 to the right.

    Returns:
        np.ndarray: (H, W, 3) uint8 picture; H, W = height, width.
    """
    chest = x - 0.9 * np.sin(heading)
    cloth = _Cloth(x, y, chest, float(np.cos(heading)))
    accented = _PATTERNS[garment.pattern](cloth)
    if garment.kind in ('jacket', 'coat') and cloth.front > 0.1:
        accented = accented ^ (abs(chest) < 0.2 * cloth.front)
    accented = np.broadcast_to(accented, np.broadcast_shapes(x.shape, y.shape))
    colors = np.array([garment.color, garment.accent], np.uint8)
    return colors[accented.astype(np.intp)]


def _plain(cloth: _Cloth) -> np.ndarray:
    return np.zeros_like(cloth.y, bool)


def _stripes(cloth: _Cloth) -> np.ndarray:
    return cloth.y * 4.5 % 1 < 0.5


def _blocks(cloth: _Cloth) -> np.ndarray:
    return cloth.y < 0.45


def _bars(cloth: _Cloth) -> np.ndarray:
    return (cloth.x - 0.25) * 1.8 % 1 < 0.4


def _checks(cloth: _Cloth) -> np.ndarray:
    return (cloth.x * 1.6 % 1 < 0.3) | (cloth.y * 4 % 1 < 0.3)


def _logo(cloth: _Cloth) -> np.ndarray:
    shape = (cloth.chest / 0.5) ** 2 + ((cloth.y - 0.62) / 0.2) ** 2 < 1
    return shape & (cloth.front > 0)


_PATTERNS: dict[str, Callable[[_Cloth], np.ndarray]] = dict(
    plain=_plain,
    stripes=_stripes,
    blocks=_blocks,
    bars=_bars,
    checks=_checks,
    logo=_logo,
)
