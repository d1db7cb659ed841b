"""Five cameras, each with its place, view and color."""

from dataclasses import dataclass
from math import pi

import cv2
import numpy as np


@dataclass(frozen=True)
class Camera:
    """How one camera sees and records.

    Attributes:
        scene (str): Place, see :mod:`aanet.datasets.toy_drawing.scenes`.
        heading (float): Where persons mostly face, in radians.
        spread (float): By how much they deviate, in radians.
        scale (float): Height of an average person relative to the box.
        tilt (float): How much wider the top is seen than the bottom.
        cast (tuple[float, float, float]): Gain of blue, green and red.
        gamma (float): Exponent of the tone curve; above 1 is darker.
        contrast (float): Relative to the middle gray.
        saturation (float): Relative to the real one.
        blur (float): Standard deviation in pixels.
        noise (float): Standard deviation in gray levels.
    """

    scene: str
    heading: float
    spread: float
    scale: float
    tilt: float
    cast: tuple[float, float, float]
    gamma: float
    contrast: float
    saturation: float
    blur: float
    noise: float

    def record(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Turn light into an image.

        Args:
            image (np.ndarray): (H, W, 3) float32 in 0..255.
            rng (np.random.Generator): Source of all randomness.

        Returns:
            np.ndarray: (H, W, 3) uint8.
        """
        gain = np.array(self.cast, np.float32) * rng.uniform(0.9, 1.1)
        gray = image.mean(axis=2, keepdims=True)
        image = (gray + (image - gray) * self.saturation) * gain
        image = 255 * np.clip(image / 255, 0, 1) ** self.gamma
        image = 128 + (image - 128) * self.contrast
        blur = self.blur * rng.uniform(0.7, 1.3)
        image = cv2.GaussianBlur(image, (0, 0), blur)
        noise = rng.standard_normal(image.shape, np.float32)
        return np.clip(image + self.noise * noise, 0, 255).astype(np.uint8)


CAMERAS = (
    Camera(
        scene='plaza',
        heading=0,
        spread=0.5,
        scale=0.88,
        tilt=0.05,
        cast=(1.02, 1.0, 1.0),
        gamma=0.95,
        contrast=1.0,
        saturation=1.0,
        blur=0.4,
        noise=3,
    ),
    Camera(
        scene='street',
        heading=pi,
        spread=0.5,
        scale=0.84,
        tilt=0.12,
        cast=(1.06, 1.0, 0.94),
        gamma=1.1,
        contrast=0.95,
        saturation=0.95,
        blur=0.5,
        noise=4,
    ),
    Camera(
        scene='park',
        heading=pi / 2,
        spread=0.5,
        scale=0.9,
        tilt=0.0,
        cast=(0.94, 1.02, 1.03),
        gamma=0.95,
        contrast=1.03,
        saturation=1.05,
        blur=0.4,
        noise=3,
    ),
    Camera(
        scene='hall',
        heading=-pi / 4,
        spread=0.9,
        scale=0.86,
        tilt=0.15,
        cast=(0.92, 0.98, 1.05),
        gamma=1.0,
        contrast=0.93,
        saturation=0.92,
        blur=0.6,
        noise=4,
    ),
    Camera(
        scene='shops',
        heading=-pi / 2,
        spread=1.0,
        scale=0.87,
        tilt=0.08,
        cast=(1.03, 1.0, 0.97),
        gamma=1.12,
        contrast=0.97,
        saturation=1.0,
        blur=0.5,
        noise=4,
    ),
)
