"""A person in a pose, on a canvas: what all parts of a drawing share."""

from dataclasses import dataclass
from functools import cached_property
from math import cos, hypot, sin

import numpy as np

from aanet.datasets.toy_drawing.canvas import Canvas
from aanet.datasets.toy_drawing.garments import paint_garment
from aanet.datasets.toy_drawing.people import Person

SHOULDER = 0.82
"""Height of the shoulders, where the body height is 1."""

DEPTH = 0.6
"""Depth of a body relative to its width."""


@dataclass(frozen=True)
class Pose:
    """How a person is seen.

    Attributes:
        heading (float): Where the person faces, in radians; 0 is into the
            camera, pi / 2 to the right.
        phase (float): Moment of the gait, in radians.
        stride (float): Largest swing of the legs, in radians.
    """

    heading: float
    phase: float
    stride: float


@dataclass(frozen=True)
class View:
    """A person who stands on (0, 0) and is one unit high.

    Attributes:
        canvas (Canvas): Where to draw.
        person (Person): Whom.
        pose (Pose): In which pose.
    """

    canvas: Canvas
    person: Person
    pose: Pose

    @property
    def side(self) -> float:
        """How far the person faces to the right, in -1..1."""
        return sin(self.pose.heading)

    @property
    def front(self) -> float:
        """How far the person faces the camera, in -1..1."""
        return cos(self.pose.heading)

    @property
    def width(self) -> float:
        """Width of the body from here, relative to the average front."""
        return self.person.build * hypot(self.front, DEPTH * self.side)

    @property
    def hip(self) -> float:
        """Height of the hip."""
        return self.person.leg_length

    def swing(self, hand: int) -> float:
        """Angle of a leg in the direction of walking, in radians.

        Args:
            hand (int): 1 for the left, -1 for the right leg.

        Returns:
            float: Positive where the leg is in front.
        """
        return hand * self.pose.stride * sin(self.pose.phase)

    @cached_property
    def cloth(self) -> np.ndarray:
        """The upper garment's cloth over the whole canvas."""
        x, y = self.canvas.grid()
        return paint_garment(
            self.person.upper,
            x / (0.12 * self.width),
            (y - self.hip) / (SHOULDER - self.hip),
            self.pose.heading,
        )
