"""What the cameras look at: five places, each with a floor and a back."""

from collections.abc import Callable

import cv2
import numpy as np

HEIGHT, WIDTH = 288, 384
HORIZON = 120
"""Row where the floor begins."""

Scene = Callable[[np.random.Generator], np.ndarray]


def draw_scene(name: str, rng: np.random.Generator) -> np.ndarray:
    """Draw a place without persons.

    Args:
        name (str): One of SCENES.
        rng (np.random.Generator): Source of all randomness.

    Returns:
        np.ndarray: (HEIGHT, WIDTH, 3) uint8; blue, green, red.
    """
    image = SCENES[name](rng)
    stains = cv2.resize(
        rng.uniform(-14, 14, (6, 8)),
        (WIDTH, HEIGHT),
        interpolation=cv2.INTER_CUBIC,
    )
    grain = rng.uniform(-9, 9, (HEIGHT, WIDTH))
    rough = np.clip(image + (stains + grain)[..., None], 0, 255)
    return cv2.GaussianBlur(rough.astype(np.uint8), (0, 0), 1.2)


def _two_halves(back: tuple, floor: tuple) -> np.ndarray:
    image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    image[:HORIZON], image[HORIZON:] = back, floor
    return image


def _tiles(image: np.ndarray, color: tuple, vanishing_column: int) -> None:
    """Draw the joints of a tiled floor in perspective."""
    for depth in np.geomspace(1, HEIGHT - HORIZON, 9):
        row = HORIZON + round(depth)
        cv2.line(image, (0, row), (WIDTH, row), color, 1)
    for column in range(-3 * WIDTH, 4 * WIDTH, 70):
        start, end = (vanishing_column, HORIZON - 40), (column, HEIGHT)
        floor = image[HORIZON:]
        cv2.line(
            floor,
            (start[0], start[1] - HORIZON),
            (end[0], end[1] - HORIZON),
            color,
            1,
        )


def _plaza(rng: np.random.Generator) -> np.ndarray:
    image = _two_halves((196, 190, 180), (172, 182, 188))
    for column in range(0, WIDTH, 64):
        top = int(rng.integers(0, 50))
        shade = tuple(rng.integers(110, 170, 3).tolist())
        cv2.rectangle(image, (column, top), (column + 58, HORIZON), shade, -1)
    cv2.rectangle(
        image, (0, HORIZON - 14), (WIDTH, HORIZON), (70, 118, 84), -1
    )
    _tiles(image, (140, 150, 156), 120)
    return image


def _street(rng: np.random.Generator) -> np.ndarray:
    image = _two_halves((84, 96, 148), (104, 100, 98))
    for row in range(0, HORIZON, 12):
        cv2.line(image, (0, row), (WIDTH, row), (150, 160, 176), 1)
        for column in range((row // 12 % 2) * 14, WIDTH, 28):
            cv2.line(
                image, (column, row), (column, row + 12), (150, 160, 176), 1
            )
    cv2.rectangle(image, (0, HORIZON), (WIDTH, HORIZON + 26), (150,) * 3, -1)
    for column in range(0, WIDTH, 90):
        cv2.rectangle(
            image, (column, 226), (column + 46, 234), (214, 220, 222), -1
        )
    return image


def _park(rng: np.random.Generator) -> np.ndarray:
    image = _two_halves((92, 138, 108), (78, 148, 112))
    for _ in range(60):
        center = rng.integers((0, 0), (WIDTH, HORIZON)).tolist()
        shade = (rng.uniform(0.6, 1.2) * np.array((62, 124, 82))).tolist()
        cv2.circle(image, center, int(rng.integers(10, 34)), shade, -1)
    for column in range(20, WIDTH, 84):
        column += int(rng.integers(-18, 18))
        cv2.rectangle(
            image, (column, 20), (column + 14, HORIZON + 16), (46, 70, 92), -1
        )
    path = [(110, HORIZON), (220, HORIZON), (WIDTH, HEIGHT), (-40, HEIGHT)]
    cv2.fillPoly(image, [np.array(path)], (150, 176, 190))
    return image


def _hall(rng: np.random.Generator) -> np.ndarray:
    image = _two_halves((188, 208, 214), (150, 164, 170))
    for column in range(12, WIDTH, 96):
        cv2.rectangle(
            image, (column, 26), (column + 46, 132), (86, 122, 150), -1
        )
        cv2.circle(image, (column + 40, 82), 3, (60, 190, 210), -1)
    cv2.rectangle(
        image, (0, HORIZON + 6), (WIDTH, HORIZON + 12), (110,) * 3, -1
    )
    _tiles(image, (120, 134, 140), 230)
    return image


def _shops(rng: np.random.Generator) -> np.ndarray:
    image = _two_halves((70, 66, 70), (136, 130, 134))
    for column in range(6, WIDTH, 92):
        glass = rng.integers((150, 130, 90), (230, 200, 170)).tolist()
        cv2.rectangle(image, (column, 34), (column + 80, 126), glass, -1)
        sign = rng.integers(60, 240, 3).tolist()
        cv2.rectangle(image, (column, 8), (column + 80, 28), sign, -1)
        for shelf in range(48, 126, 26):
            goods = rng.integers(40, 220, 3).tolist()
            cv2.rectangle(
                image,
                (column + 6, shelf),
                (column + 50, shelf + 12),
                goods,
                -1,
            )
    _tiles(image, (112, 106, 110), 200)
    return image


SCENES: dict[str, Scene] = dict(
    plaza=_plaza, street=_street, park=_park, hall=_hall, shops=_shops
)
