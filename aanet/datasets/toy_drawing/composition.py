"""Puts a person before a place, and something before the person."""

from dataclasses import dataclass
from math import pi

import cv2
import numpy as np

from aanet.datasets.toy_drawing.cameras import Camera
from aanet.datasets.toy_drawing.canvas import Canvas
from aanet.datasets.toy_drawing.figure import draw_figure
from aanet.datasets.toy_drawing.people import Person
from aanet.datasets.toy_drawing.scenes import HEIGHT as SCENE_HEIGHT
from aanet.datasets.toy_drawing.scenes import WIDTH as SCENE_WIDTH
from aanet.datasets.toy_drawing.view import Pose, View

HEIGHT, WIDTH = 128, 64
"""Size of the finished picture."""

_ZOOM = 2  # Drawn larger, then shrunk.
_OCCLUSION = 0.15


@dataclass(frozen=True)
class Framing:
    """How well a box fits the person in it.

    Attributes:
        shift (tuple[float, float]): Of the person to the right and down,
            as fractions of the box.
        scale (float): Of the person.
    """

    shift: tuple[float, float]
    scale: float

    @classmethod
    def random(cls, rng: np.random.Generator, error: float = 1.0) -> 'Framing':
        """Draw the framing of a detector that errs a little.

        Args:
            rng (np.random.Generator): Source of all randomness.
            error (float): Relative to a usual detector. Defaults to 1.
        """
        shift = rng.uniform(-1, 1, 2) * (0.1, 0.05) * error
        return cls(tuple(shift), 1 + rng.uniform(-0.1, 0.1) * error)


def draw_box(
    person: Person | None,
    camera: Camera,
    scene: np.ndarray,
    framing: Framing,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw what a camera records in one box.

    Args:
        person (Person | None): Who is in it, None for nobody.
        camera (Camera): The camera.
        scene (np.ndarray): Its place.
        framing (Framing): How the box lies.
        rng (np.random.Generator): Source of all randomness.

    Returns:
        np.ndarray: (HEIGHT, WIDTH, 3) uint8; blue, green, red.
    """
    image = _cut_scene(scene, rng)
    if person is not None:
        pose = Pose(
            heading=camera.heading + rng.normal() * camera.spread,
            phase=rng.uniform(0, 2 * pi),
            stride=rng.uniform(0.2, 0.5),
        )
        figure = _draw_person(person, camera, framing, pose)
        _blend(image, _tilt(figure, camera.tilt), rng)
    if rng.random() < _OCCLUSION:
        _occlude(image, rng)
    image = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return camera.record(image, rng)


def _cut_scene(scene: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = HEIGHT * _ZOOM, WIDTH * _ZOOM
    top = rng.integers(SCENE_HEIGHT - height + 1)
    left = rng.integers(SCENE_WIDTH - width + 1)
    cut = scene[top : top + height, left : left + width]
    return cut * np.float32(rng.uniform(0.88, 1.1))


def _draw_person(
    person: Person, camera: Camera, framing: Framing, pose: Pose
) -> np.ndarray:
    """Draw the figure alone, as :class:`Canvas` holds it."""
    height, width = HEIGHT * _ZOOM, WIDTH * _ZOOM
    origin = (
        (0.5 + framing.shift[0]) * width,
        (0.5 + 0.5 * camera.scale * framing.scale + framing.shift[1]) * height,
    )
    scale = person.height * camera.scale * framing.scale * height
    canvas = Canvas(width, height, origin, scale)
    draw_figure(View(canvas, person, pose))
    return canvas.image


def _tilt(figure: np.ndarray, tilt: float) -> np.ndarray:
    """Widen the top of a figure, as a camera above it sees it."""
    height, width = figure.shape[:2]
    squeeze = tilt / 2 * width
    corners = np.array([(0, 0), (1, 0), (0, 1), (1, 1)], np.float32)
    corners *= (width, height)
    shifts = np.array([(-1, 0), (1, 0), (1, 0), (-1, 0)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, corners + squeeze * shifts)
    return cv2.warpPerspective(figure, matrix, (width, height))


def _blend(
    image: np.ndarray, figure: np.ndarray, rng: np.random.Generator
) -> None:
    """Lay a figure over an image, lit from one side and with folds."""
    opacity = figure[..., 3] / np.float32(255)
    bulge = cv2.GaussianBlur(opacity, (0, 0), 5)
    slope = cv2.Sobel(bulge, cv2.CV_32F, 1, 0) * rng.uniform(-0.6, 0.6)
    folds = cv2.resize(
        rng.uniform(-0.16, 0.16, (20, 8)).astype(np.float32),
        bulge.shape[::-1],
        interpolation=cv2.INTER_CUBIC,
    )
    light = 0.72 + 0.3 * bulge + slope + folds
    image *= 1 - opacity[..., None]
    image += figure[..., :3] * light[..., None]


def _occlude(image: np.ndarray, rng: np.random.Generator) -> None:
    """Put a post, a bush or a bin before everything."""
    height, width = image.shape[:2]
    x = int(rng.uniform(0, width))
    shade = rng.uniform(40, 200, 3).tolist()
    kind = rng.integers(3)
    if kind == 0:
        cv2.rectangle(image, (x, 0), (x + width // 7, height), shade, -1)
    elif kind == 1:
        for _ in range(24):
            spot = (
                x + rng.normal(0, width / 4),
                height - abs(rng.normal(0, 35)),
            )
            leaf = (rng.uniform(0.5, 1.2) * np.array((50, 110, 70))).tolist()
            cv2.circle(image, tuple(map(int, spot)), 11, leaf, -1)
    else:
        top = int(height * rng.uniform(0.62, 0.8))
        half = width // 4
        cv2.rectangle(image, (x - half, top), (x + half, height), shade, -1)
        lid = [0.7 * level for level in shade]
        cv2.rectangle(image, (x - half, top), (x + half, top + 10), lid, -1)
