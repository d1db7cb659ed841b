import base64

import cv2
import numpy as np
import pytest

from aanet.visualization.pictures import (
    as_data_uri,
    overlay,
    overlay_stripes,
    read_image,
    save_png,
    upsample,
)

RED, BLUE = (128, 0, 0), (0, 0, 128)
"""Both ends of the color map, RGB."""


def gray(height=24, width=12, level=100):
    return np.full((height, width, 3), level, np.uint8)


def test_png_comes_back_in_rgb_and_at_the_size_asked_for(tmp_path):
    image = gray()
    image[:, :6] = (200, 40, 10)
    save_png(image, tmp_path / 'new' / 'a.png')
    np.testing.assert_array_equal(
        read_image(str(tmp_path / 'new' / 'a.png'), (24, 12)), image
    )
    assert read_image(str(tmp_path / 'new' / 'a.png'), (48, 20)).shape == (
        48,
        20,
        3,
    )


def test_missing_and_broken_images_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'a\.jpg does not exist'):
        read_image(str(tmp_path / 'a.jpg'), (8, 4))
    (tmp_path / 'b.jpg').write_bytes(b'no picture')
    with pytest.raises(ValueError, match=r'b\.jpg cannot be read'):
        read_image(str(tmp_path / 'b.jpg'), (8, 4))


def test_upsampling_keeps_places_and_range():
    values = np.zeros((4, 2))
    values[1, 1] = 1
    large = upsample(values, (40, 20))
    assert large.shape == (40, 20)
    assert large.min() >= 0 and large.max() <= 1
    row, column = np.unravel_index(large.argmax(), large.shape)
    # Row 1 of 4 covers the pixels 10 to 19, column 1 of 2 those from 10.
    assert 10 <= row < 20 and column >= 10
    flat = upsample(np.full((3, 5), 0.25), (9, 9))
    np.testing.assert_allclose(flat, 0.25, rtol=1e-5)


def test_overlay_goes_from_blue_to_red():
    low = overlay(gray(), np.zeros((2, 1)), opacity=1)
    high = overlay(gray(), np.ones((2, 1)), opacity=1)
    assert (low == BLUE).all()
    assert (high == RED).all()


def test_overlay_blends():
    np.testing.assert_array_equal(
        overlay(gray(), np.ones((2, 1)), opacity=0), gray()
    )
    half = overlay(gray(), np.ones((2, 1)), opacity=0.5)
    assert half[0, 0].tolist() == [114, 50, 50]


def test_overlay_leaves_its_input_alone():
    image = gray()
    overlay_stripes(image, [np.ones((1, 1)), np.zeros((1, 1))])
    np.testing.assert_array_equal(image, gray())


def test_stripes_lie_below_each_other_with_lines_between():
    maps = [np.ones((2, 1)), np.zeros((1, 3)), np.ones((1, 1))]
    striped = overlay_stripes(gray(30), maps, opacity=1)
    assert striped.shape == (30, 12, 3)
    assert (striped[:10] == RED).all()
    assert (striped[11:20] == BLUE).all()
    assert (striped[21:] == RED).all()
    assert (striped[[10, 20]] == 255).all()


def test_data_uri_holds_the_picture():
    image = gray()
    image[:12] = (200, 40, 10)
    head, _, data = as_data_uri(image).partition(',')
    assert head == 'data:image/jpeg;base64'
    decoded = cv2.imdecode(
        np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR_RGB
    )
    assert np.abs(decoded[[0, -1]].astype(int) - image[[0, -1]]).max() < 10
