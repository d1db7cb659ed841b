import numpy as np
import pytest

from aanet.datasets.toy_drawing.canvas import Canvas

RED = (0, 0, 255)
SQUARE = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
FAR_AWAY = [(9, 9), (10, 9), (10, 10)]


def make_canvas() -> Canvas:
    # 40 pixels a unit, (0, 0) in the middle.
    return Canvas(160, 240, (80, 120), 40)


@pytest.fixture
def canvas() -> Canvas:
    return make_canvas()


def area(canvas: Canvas) -> float:
    """Covered area in square units."""
    return canvas.image[..., 3].sum() / 255 / 40**2


def test_starts_transparent(canvas):
    assert canvas.image.shape == (240, 160, 4)
    assert not canvas.image.any()


def test_grid_has_y_upwards(canvas):
    x, y = canvas.grid()
    assert (x[0, 120], y[80, 0]) == (1, 1)


def test_polygon(canvas):
    canvas.polygon(SQUARE, RED)
    assert canvas.image[120, 80].tolist() == [0, 0, 255, 255]
    assert not canvas.image[120, 130].any()
    assert area(canvas) == pytest.approx(4, rel=0.05)


def test_ellipse_and_its_upper_half(canvas):
    canvas.ellipse((0, 0), (1.5, 1), RED)
    assert area(canvas) == pytest.approx(np.pi * 1.5, rel=0.05)
    half = make_canvas()
    half.ellipse((0, 0), (1.5, 1), RED, (0, 180))
    assert area(half) == pytest.approx(np.pi * 0.75, rel=0.06)
    assert half.image[100, 80, 3]
    assert not half.image[140, 80, 3]


def test_limb_is_its_segments_and_joints(canvas):
    canvas.limb([(-1, 0), (1, 0)], [1, 1], RED)
    assert area(canvas) == pytest.approx(2 + np.pi / 4, rel=0.05)
    bent = make_canvas()
    bent.limb([(-1, 0), (0, 0), (0, 2)], [0.6] * 3, RED)
    assert bent.image[60, 80, 3] == 255


def test_limb_of_no_length_is_a_dot(canvas):
    canvas.limb([(0, 0), (0, 0)], [1, 1], RED)
    assert area(canvas) == pytest.approx(np.pi / 4, rel=0.08)


def test_pictures_keep_their_place(canvas):
    picture = np.zeros((240, 160, 3), np.uint8)
    picture[:120] = (9, 8, 7)
    canvas.polygon(SQUARE, picture)
    assert canvas.image[100, 80].tolist() == [9, 8, 7, 255]
    assert canvas.image[140, 80].tolist() == [0, 0, 0, 255]


def test_later_paint_covers_earlier(canvas):
    canvas.polygon(SQUARE, (255, 255, 255))
    canvas.ellipse((0, 0), (0.5, 0.5), RED)
    assert canvas.image[120, 80].tolist() == [0, 0, 255, 255]
    assert canvas.image[90, 80].tolist() == [255, 255, 255, 255]


def test_drawing_outside_does_no_harm(canvas):
    canvas.polygon(FAR_AWAY, RED)
    canvas.polygon(FAR_AWAY, np.zeros((240, 160, 3), np.uint8))
    assert not canvas.image.any()
    canvas.limb([(0, 0), (9, 9)], [1, 1], RED)
    assert canvas.image[120, 80, 3] == 255
