"""Who the toy persons are: body, hair and clothes, drawn from pools."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, sqrt
from typing import TypeVar

import numpy as np

from aanet.datasets.toy_drawing.canvas import Color

_T = TypeVar('_T')

SKIN_TONES: tuple[Color, ...] = (
    (176, 204, 240),
    (140, 176, 224),
    (104, 148, 204),
    (70, 104, 160),
    (44, 66, 106),
)
HAIR_COLORS: tuple[Color, ...] = (
    (22, 22, 26),
    (36, 52, 82),
    (70, 100, 140),
    (110, 170, 210),
    (140, 140, 144),
    (36, 60, 140),
)
CLOTH_COLORS: tuple[Color, ...] = (
    (36, 34, 34),
    (228, 230, 232),
    (134, 132, 130),
    (52, 44, 190),
    (146, 78, 40),
    (206, 164, 92),
    (66, 122, 54),
    (52, 186, 222),
    (48, 108, 226),
    (150, 84, 148),
    (172, 138, 226),
    (62, 88, 126),
)
TROUSER_COLORS: tuple[Color, ...] = (
    (36, 34, 36),
    (110, 70, 44),
    (178, 138, 104),
    (116, 114, 110),
    (136, 170, 196),
    (60, 86, 68),
    (214, 214, 216),
    (58, 56, 128),
)
# What is named repeatedly is drawn more often.
HAIR_STYLES = ('short', 'short', 'short', 'long', 'long', 'bun', 'bald')
UPPER_KINDS = ('shirt', 'sweater', 'jacket', 'coat')
UPPER_PATTERNS = ('plain', 'stripes', 'blocks', 'logo', 'checks', 'bars')
LOWER_KINDS = ('trousers', 'trousers', 'shorts', 'skirt')
HATS = ('none', 'none', 'none', 'cap', 'beanie')
BAGS = ('none', 'none', 'backpack', 'shoulder', 'hand')

# Far fewer than there are, so that different ones are found quickly.
_MAX_LOWERS = 12


@dataclass(frozen=True)
class Garment:
    """What covers one half of the body.

    Attributes:
        kind (str): Its cut, one of UPPER_KINDS or LOWER_KINDS.
        pattern (str): One of UPPER_PATTERNS.
        color (Color): Main color.
        accent (Color): Color of the pattern.
    """

    kind: str
    pattern: str
    color: Color
    accent: Color


@dataclass(frozen=True)
class Person:
    """One identity. Lengths are fractions of the body height.

    Attributes:
        height (float): Body height relative to the average.
        build (float): Width relative to the average.
        leg_length (float): From hip to sole.
        skin (Color): Skin.
        hair (Color): Hair.
        hair_style (str): One of HAIR_STYLES.
        upper (Garment): Shirt, sweater, jacket or coat.
        lower (Garment): Trousers, shorts or skirt.
        shoes (Color): Shoes.
        hat (str): One of HATS.
        hat_color (Color): Its color.
        bag (str): One of BAGS.
        bag_color (Color): Its color.
    """

    height: float
    build: float
    leg_length: float
    skin: Color
    hair: Color
    hair_style: str
    upper: Garment
    lower: Garment
    shoes: Color
    hat: str
    hat_color: Color
    bag: str
    bag_color: Color


def make_people(number: int, rng: np.random.Generator) -> list[Person]:
    """Invent persons whose clothes are shared, but not as an outfit.

    There are few upper and few lower garments, each worn by several
    persons, so that neither alone tells who it is.

    Args:
        number (int): How many, up to some thousands.
        rng (np.random.Generator): Source of all randomness.

    Returns:
        list[Person]: No two with the same pair of garments.
    """
    num_lowers = min(ceil(sqrt(number)), _MAX_LOWERS)
    num_uppers = ceil(2 * number / num_lowers)
    uppers = _make_pool(_make_upper, num_uppers, rng)
    lowers = _make_pool(_make_lower, num_lowers, rng)
    outfits = list(product(uppers, lowers))
    chosen = rng.permutation(len(outfits))[:number]
    return [
        _make_person(upper, lower, rng)
        for upper, lower in (outfits[index] for index in chosen)
    ]


def _make_pool(
    make: Callable[[np.random.Generator], Garment],
    number: int,
    rng: np.random.Generator,
) -> list[Garment]:
    """Garments that all differ."""
    pool: dict[Garment, None] = {}
    while len(pool) < number:
        pool[make(rng)] = None
    return list(pool)


def _make_person(
    upper: Garment, lower: Garment, rng: np.random.Generator
) -> Person:
    return Person(
        height=rng.uniform(0.9, 1.06),
        build=rng.uniform(0.86, 1.2),
        leg_length=rng.uniform(0.45, 0.5),
        skin=_pick(SKIN_TONES, rng),
        hair=_pick(HAIR_COLORS, rng),
        hair_style=_pick(HAIR_STYLES, rng),
        upper=upper,
        lower=lower,
        shoes=_pick(CLOTH_COLORS, rng),
        hat=_pick(HATS, rng),
        hat_color=_pick(CLOTH_COLORS, rng),
        bag=_pick(BAGS, rng),
        bag_color=_pick(CLOTH_COLORS, rng),
    )


def _make_upper(rng: np.random.Generator) -> Garment:
    main, accent = rng.permutation(len(CLOTH_COLORS))[:2]
    return Garment(
        _pick(UPPER_KINDS, rng),
        _pick(UPPER_PATTERNS, rng),
        CLOTH_COLORS[main],
        CLOTH_COLORS[accent],
    )


def _make_lower(rng: np.random.Generator) -> Garment:
    color = _pick(TROUSER_COLORS, rng)
    return Garment(_pick(LOWER_KINDS, rng), 'plain', color, color)


def _pick(options: Sequence[_T], rng: np.random.Generator) -> _T:
    return options[int(rng.integers(len(options)))]
