import numpy as np
import pytest
from mmpretrain.datasets import RandomErasing

from aanet.datasets.transforms import FastRandomErasing
from aanet.registry import TRANSFORMS

COLOR = (103.53, 116.28, 123.675)


def erase(transform, image, seed):
    np.random.seed(seed)
    return transform(dict(img=image))['img']


def random_image(height=40, width=20):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (height, width, 3), np.uint8)


def test_fills_exactly_the_rectangle_in_place():
    # A quarter of 8 x 8 with aspect 1 is a square of 4 x 4.
    transform = FastRandomErasing(
        1.0, 0.25, 0.25, (1.0, 1.0), fill_color=(7, 8, 9.9)
    )
    transform.random_patch = lambda height, width: (3, 1, 4, 4)
    image = random_image(8, 8)
    expected = image.copy()
    expected[3:7, 1:5] = (7, 8, 9)
    assert transform(dict(img=image))['img'] is image
    assert (image == expected).all()


@pytest.mark.parametrize(
    'settings',
    [
        dict(mode='const', fill_color=COLOR),
        dict(mode='const', fill_color=50),
        dict(mode='rand'),
        dict(mode='rand', fill_std=(10, 20, 30)),
    ],
)
@pytest.mark.parametrize('mirrored', [False, True])
def test_equals_mmpretrain(settings, mirrored):
    ours, theirs = FastRandomErasing(**settings), RandomErasing(**settings)
    step = -1 if mirrored else 1
    changed = 0
    for seed in range(100):
        result = erase(ours, random_image()[:, ::step], seed)
        expected = erase(theirs, random_image()[:, ::step], seed)
        assert (result == expected).all()
        changed += (expected != random_image()[:, ::step]).any()
    assert 30 < changed < 70


def test_rectangle_of_no_height_is_no_error():
    transform = FastRandomErasing(1.0)
    transform.random_patch = lambda height, width: (0, 0, 0, 4)
    image = random_image()
    assert (transform(dict(img=image.copy()))['img'] == image).all()


def test_is_registered():
    assert TRANSFORMS.get('FastRandomErasing') is FastRandomErasing
