"""The parts of a body and its clothes.

``hand`` is 1 for the left and -1 for the right limb. A point's x holds the
body's own left-right axis, turned by ``view.front``, and its direction of
walking, turned by ``view.side``.
"""

from math import cos, sin

from aanet.datasets.toy_drawing.canvas import Point
from aanet.datasets.toy_drawing.view import SHOULDER, View

_HEM = dict(shirt=-0.02, sweater=-0.03, jacket=-0.06, coat=-0.2)
_THIGH, _FOREARM = 0.5, 0.15
_HEAD = 0.925


def draw_leg(view: View, hand: int) -> None:
    """Draw a leg with its trouser leg and shoe."""
    person, angle = view.person, view.swing(hand)
    hip = hand * 0.05 * person.build * view.front, view.hip
    # The leg behind is bent, and its foot is off the ground.
    bend = 0.05 * max(0.0, -angle)
    knee = _ahead(view, hip, _THIGH * view.hip, angle, bend * 2)
    rest = (1 - _THIGH) * view.hip - 0.035
    ankle = _ahead(view, knee, rest, angle * 1.15, -bend)
    ankle = ankle[0], ankle[1] + bend
    toe = (
        ankle[0] + 0.06 * view.side,
        ankle[1] - 0.02 - 0.012 * max(0.0, view.front),
    )
    widths = [w * person.build for w in (0.105, 0.075, 0.058)]
    skin, cloth = person.skin, person.lower.color
    view.canvas.limb([ankle, toe], [0.052, 0.046], person.shoes)
    trousers = person.lower.kind == 'trousers'
    view.canvas.limb(
        [hip, knee, ankle],
        widths if trousers else [w * 0.75 for w in widths],
        cloth if trousers else skin,
    )
    if person.lower.kind == 'shorts':
        view.canvas.limb([hip, knee], [widths[0], widths[0] * 0.9], cloth)


def draw_skirt(view: View) -> None:
    """Draw a skirt, if the person wears one."""
    person = view.person
    if person.lower.kind == 'skirt':
        spread = 0.03 * abs(view.swing(1)) * abs(view.side)
        top, hem = 0.095 * view.width, 0.13 * view.width + spread
        high, low = view.hip + 0.03, view.hip * 0.52
        view.canvas.polygon(
            [(-top, high), (top, high), (hem, low), (-hem, low)],
            person.lower.color,
        )


def draw_torso(view: View) -> None:
    """Draw the hips and the upper garment without its sleeves."""
    person, width = view.person, view.width
    hem = view.hip + _HEM[person.upper.kind]
    flare = 0.115 if person.upper.kind == 'coat' else 0.1
    view.canvas.ellipse(
        (0, view.hip), (0.095 * width, 0.05), person.lower.color
    )
    view.canvas.limb([(0, SHOULDER), (0, 0.88)], [0.07, 0.055], person.skin)
    right = [
        (0.04 * width, SHOULDER + 0.035),
        (0.115 * width, SHOULDER),
        (0.12 * width, SHOULDER - 0.05),
        (0.095 * width, (SHOULDER + view.hip) / 2 - 0.03),
        (flare * width, hem),
    ]
    left = [(-x, y) for x, y in reversed(right)]
    view.canvas.polygon(right + left, view.cloth)


def draw_arm(view: View, hand: int) -> tuple[float, float]:
    """Draw an arm with its sleeve.

    Returns:
        tuple[float, float]: Where the hand is.
    """
    person = view.person
    angle = -0.8 * view.swing(hand)
    shoulder = hand * 0.108 * person.build * view.front, SHOULDER - 0.025
    elbow = _ahead(view, shoulder, 0.17, angle - 0.1, 0)
    elbow = elbow[0] + hand * 0.02 * view.front, elbow[1]
    wrist = _ahead(view, elbow, _FOREARM, angle + 0.25, 0)
    widths = [w * person.build for w in (0.06, 0.052, 0.038)]
    view.canvas.limb([elbow, wrist], widths[1:], person.skin)
    view.canvas.ellipse(wrist, (0.024, 0.027), person.skin)
    sleeve = [shoulder, elbow, wrist]
    if person.upper.kind == 'shirt':
        middle = (shoulder[0] + elbow[0]) / 2, (shoulder[1] + elbow[1]) / 2
        sleeve = [shoulder, middle]
    view.canvas.limb(sleeve, widths[: len(sleeve)], view.cloth)
    return wrist


def draw_head(view: View) -> None:
    """Draw hair and face; hair that falls down the back is not part."""
    person, canvas = view.person, view.canvas
    center = 0.02 * view.side, _HEAD
    hair = person.skin if person.hair_style == 'bald' else person.hair
    canvas.ellipse(
        (center[0] - 0.012 * view.side, _HEAD + 0.008), (0.058, 0.07), hair
    )
    if person.hair_style == 'bun':
        bun = center[0] - 0.045 * view.side, _HEAD + 0.06
        canvas.ellipse(bun, (0.03, 0.028), hair)
    if view.front > -0.5:
        face = center[0] + 0.028 * view.side, _HEAD - 0.012
        canvas.ellipse(face, (0.043 + 0.005 * view.front, 0.055), person.skin)


def draw_long_hair(view: View) -> None:
    """Draw the hair that falls down the back, if there is any."""
    if view.person.hair_style == 'long':
        top = 0.02 * view.side, _HEAD + 0.01
        low = -0.035 * view.side, SHOULDER - 0.04
        view.canvas.limb([top, low], [0.115, 0.1], view.person.hair)


def _ahead(
    view: View, start: Point, length: float, angle: float, forward: float
) -> Point:
    """The end of a limb that swings in the direction of walking."""
    step = length * sin(angle) + forward
    return start[0] + step * view.side, start[1] - length * cos(angle)
