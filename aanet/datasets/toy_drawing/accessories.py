"""Hats and bags."""

from aanet.datasets.toy_drawing.canvas import Point
from aanet.datasets.toy_drawing.view import SHOULDER, View


def draw_hat(view: View) -> None:
    """Draw a cap or a beanie."""
    person, canvas = view.person, view.canvas
    center = 0.012 * view.side, 0.945
    if person.hat == 'cap':
        canvas.ellipse(center, (0.062, 0.06), person.hat_color, (0, 180))
        brim = 0.06 * view.side, 0.95 - 0.012 * max(0.0, view.front)
        if view.front > -0.6:
            canvas.ellipse(brim, (0.055, 0.014), person.hat_color)
    elif person.hat == 'beanie':
        canvas.ellipse(center, (0.063, 0.078), person.hat_color, (-15, 195))


def draw_backpack(view: View) -> None:
    """Draw a backpack: wide from behind, thick from the side."""
    if view.person.bag != 'backpack':
        return
    x = -0.1 * view.side
    half = 0.085 * abs(view.front) + 0.05 * abs(view.side)
    top, low = SHOULDER + 0.01, SHOULDER - 0.25
    right = [
        (x + 0.6 * half, top),
        (x + 0.9 * half, top - 0.03),
        (x + half, low + 0.02),
        (x + 0.85 * half, low),
    ]
    left = [(2 * x - corner, y) for corner, y in reversed(right)]
    view.canvas.polygon(right + left, view.person.bag_color)


def draw_straps(view: View) -> None:
    """Draw the straps of a backpack or of a shoulder bag."""
    person, canvas = view.person, view.canvas
    if person.bag == 'backpack' and view.front > 0.2:
        for x in (-0.065, 0.065):
            x *= view.width
            canvas.limb(
                [(x, SHOULDER + 0.015), (x * 1.15, SHOULDER - 0.2)],
                [0.02, 0.016],
                person.bag_color,
            )
    if person.bag == 'shoulder':
        sign = 1 if view.front >= 0 else -1
        bag = -sign * 0.1 * view.width, view.hip - 0.01
        shoulder = sign * 0.07 * view.width, SHOULDER + 0.015
        canvas.limb([shoulder, bag], [0.016, 0.016], person.bag_color)
        canvas.limb(
            [(bag[0], bag[1] + 0.02), (bag[0], bag[1] - 0.04)],
            [0.09, 0.1],
            person.bag_color,
        )


def draw_hand_bag(view: View, hand: Point) -> None:
    """Draw a bag that hangs from a hand."""
    if view.person.bag == 'hand':
        x, y = hand
        bag = [(-0.03, 0), (0.03, 0), (0.05, -0.11), (-0.05, -0.11)]
        view.canvas.polygon(
            [(x + dx, y + dy) for dx, dy in bag], view.person.bag_color
        )
