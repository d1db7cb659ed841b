"""Draws a walking person from the far limbs to the near ones."""

from aanet.datasets.toy_drawing.accessories import (
    draw_backpack,
    draw_hand_bag,
    draw_hat,
    draw_straps,
)
from aanet.datasets.toy_drawing.body import (
    draw_arm,
    draw_head,
    draw_leg,
    draw_long_hair,
    draw_skirt,
    draw_torso,
)
from aanet.datasets.toy_drawing.view import View

LEFT, RIGHT = 1, -1


def draw_figure(view: View) -> None:
    """Draw a person who stands on (0, 0) and is one unit high.

    Args:
        view (View): The person in a pose, and the canvas.
    """
    # The left side is farther away when the person faces to the right.
    far, near = (LEFT, RIGHT) if view.side > 0 else (RIGHT, LEFT)
    if view.front >= 0:
        _draw_back(view)
    hands = {far: draw_arm(view, far)}
    if far == RIGHT:
        draw_hand_bag(view, hands[far])
    draw_leg(view, far)
    draw_leg(view, near)
    draw_skirt(view)
    draw_torso(view)
    draw_head(view)
    if view.front < 0:
        _draw_back(view)
    draw_hat(view)
    draw_straps(view)
    hands[near] = draw_arm(view, near)
    if near == RIGHT:
        draw_hand_bag(view, hands[near])


def _draw_back(view: View) -> None:
    """Draw what is on the back of a person."""
    draw_backpack(view)
    draw_long_hair(view)
