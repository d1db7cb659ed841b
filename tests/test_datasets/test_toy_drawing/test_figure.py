from dataclasses import replace
from math import pi

import numpy as np
import pytest

from aanet.datasets.toy_drawing.canvas import Canvas
from aanet.datasets.toy_drawing.figure import draw_figure
from aanet.datasets.toy_drawing.people import (
    BAGS,
    HAIR_STYLES,
    HATS,
    LOWER_KINDS,
    UPPER_KINDS,
    UPPER_PATTERNS,
    Garment,
    Person,
    make_people,
)
from aanet.datasets.toy_drawing.view import Pose, View

HEADINGS = [0, pi / 4, pi / 2, pi, -pi / 2]
PERSON = Person(
    height=1,
    build=1,
    leg_length=0.48,
    skin=(100, 150, 200),
    hair=(0, 0, 0),
    hair_style='short',
    upper=Garment('sweater', 'plain', (0, 0, 255), (255, 0, 0)),
    lower=Garment('trousers', 'plain', (0, 255, 0), (0, 0, 0)),
    shoes=(255, 255, 0),
    hat='none',
    hat_color=(255, 0, 255),
    bag='none',
    bag_color=(0, 255, 255),
)


def draw(person: Person, heading: float = 0, phase: float = 1) -> np.ndarray:
    canvas = Canvas(80, 120, (40, 110), 100)
    draw_figure(View(canvas, person, Pose(heading, phase, 0.4)))
    return canvas.image


def has_color(image: np.ndarray, color: tuple[int, int, int]) -> bool:
    return bool((image == (*color, 255)).all(-1).sum() > 8)


@pytest.mark.parametrize('heading', HEADINGS)
def test_stands_on_the_ground_and_is_one_unit_high(heading):
    rows = np.flatnonzero(draw(PERSON, heading)[..., 3].any(axis=1))
    assert rows[0] == pytest.approx(10, abs=3)
    assert rows[-1] == pytest.approx(110, abs=3)


@pytest.mark.parametrize('heading', HEADINGS)
def test_upper_and_lower_garment_are_where_they_belong(heading):
    image = draw(PERSON, heading)
    assert image[45, 40].tolist() == [0, 0, 255, 255]
    assert has_color(image[65:], PERSON.lower.color)
    assert not has_color(image[:50], PERSON.lower.color)


def test_face_is_seen_from_the_front_only():
    assert has_color(draw(PERSON, 0)[:25], PERSON.skin)
    assert not has_color(draw(PERSON, pi)[:25], PERSON.skin)


def test_persons_are_wider_from_the_front():
    def width(heading: float) -> int:
        return draw(PERSON, heading, phase=0)[45, :, 3].astype(bool).sum()

    assert width(0) > width(pi / 2)


def test_legs_move():
    def spread(phase: float) -> int:
        feet = draw(PERSON, pi / 2, phase)[95:, :, 3].any(axis=0)
        return np.ptp(np.flatnonzero(feet))

    assert spread(pi / 2) > spread(0) + 10


@pytest.mark.parametrize('pattern', sorted(set(UPPER_PATTERNS) - {'plain'}))
def test_patterns_show_both_colors(pattern):
    upper = replace(PERSON.upper, pattern=pattern)
    image = draw(replace(PERSON, upper=upper))
    assert has_color(image, upper.color)
    assert has_color(image, upper.accent)


def test_logo_is_on_the_chest_only():
    upper = replace(PERSON.upper, pattern='logo')
    image = draw(replace(PERSON, upper=upper), pi)
    assert not has_color(image, upper.accent)


@pytest.mark.parametrize('bag', sorted(set(BAGS) - {'none'}))
@pytest.mark.parametrize('heading', [pi, -pi / 2])
def test_bags_are_seen(bag, heading):
    assert has_color(draw(replace(PERSON, bag=bag), heading), (0, 255, 255))
    assert not has_color(draw(PERSON, heading), (0, 255, 255))


@pytest.mark.parametrize('hat', sorted(set(HATS) - {'none'}))
@pytest.mark.parametrize('heading', HEADINGS)
def test_hats_are_seen(hat, heading):
    assert has_color(draw(replace(PERSON, hat=hat), heading), (255, 0, 255))


@pytest.mark.parametrize('kind', sorted(set(LOWER_KINDS) - {'trousers'}))
def test_short_garments_show_the_legs(kind):
    lower = replace(PERSON.lower, kind=kind)
    assert has_color(draw(replace(PERSON, lower=lower))[88:], PERSON.skin)
    assert not has_color(draw(PERSON)[88:], PERSON.skin)


def test_all_styles_look_different():
    variants = [
        replace(PERSON, hair_style=style) for style in set(HAIR_STYLES)
    ]
    variants += [
        replace(PERSON, upper=replace(PERSON.upper, kind=kind))
        for kind in UPPER_KINDS
    ]
    pictures = {draw(person, pi / 4).tobytes() for person in variants}
    # One style and one kind are the person's own.
    assert len(pictures) == len(variants) - 1


@pytest.mark.parametrize('number', [1, 5, 60, 1000])
def test_people_share_garments_but_no_outfit(number):
    people = make_people(number, np.random.default_rng(0))
    outfits = {(person.upper, person.lower) for person in people}
    assert len(outfits) == len(people) == number
    uppers = {person.upper for person in people}
    lowers = {person.lower for person in people}
    assert number == 1 or len(uppers) < number
    assert number == 1 or len(lowers) < number
