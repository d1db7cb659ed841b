import numpy as np
import pytest

from aanet.datasets.toy_drawing import composition
from aanet.datasets.toy_drawing.cameras import CAMERAS
from aanet.datasets.toy_drawing.composition import Framing, draw_box
from aanet.datasets.toy_drawing.people import make_people
from aanet.datasets.toy_drawing.scenes import (
    HEIGHT,
    SCENES,
    WIDTH,
    draw_scene,
)

PERSON = make_people(1, np.random.default_rng(0))[0]
CENTERED = Framing((0, 0), 1)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize('name', SCENES)
def test_scenes_have_a_back_and_a_floor(rng, name):
    scene = draw_scene(name, rng)
    assert (scene.shape, scene.dtype) == ((HEIGHT, WIDTH, 3), np.uint8)
    back, floor = scene[20:90].mean((0, 1)), scene[180:].mean((0, 1))
    assert abs(back - floor).max() > 8


def test_each_camera_has_its_own_scene():
    assert sorted(camera.scene for camera in CAMERAS) == sorted(SCENES)


@pytest.mark.parametrize('camera', CAMERAS, ids=lambda camera: camera.scene)
def test_box(rng, camera):
    scene = draw_scene(camera.scene, rng)
    image = draw_box(PERSON, camera, scene, CENTERED, rng)
    assert (image.shape, image.dtype) == ((128, 64, 3), np.uint8)


def test_person_is_in_the_middle(rng, monkeypatch):
    monkeypatch.setattr(composition, '_OCCLUSION', 0)
    gray = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    image = draw_box(PERSON, CAMERAS[0], gray, CENTERED, rng).astype(float)
    contrast = abs(image - np.median(image, axis=(0, 1))).sum(-1)
    assert contrast[20:110, 24:40].mean() > 3 * contrast[:, :6].mean()


def test_occluders_hide_something(rng, monkeypatch):
    gray = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    monkeypatch.setattr(composition, '_OCCLUSION', 1)
    hidden = [
        np.ptp(draw_box(None, CAMERAS[0], gray, CENTERED, rng), axis=(0, 1))
        for _ in range(20)
    ]
    monkeypatch.setattr(composition, '_OCCLUSION', 0)
    free = np.ptp(draw_box(None, CAMERAS[0], gray, CENTERED, rng), axis=(0, 1))
    assert np.mean([spread.max() > 2 * free.max() for spread in hidden]) > 0.8


def test_persons_may_lie_outside_their_box(rng):
    scene = draw_scene('park', rng)
    draw_box(PERSON, CAMERAS[2], scene, Framing((2, 2), 0.5), rng)


def test_usual_boxes_err_little_and_junk_boxes_much(rng):
    usual = [Framing.random(rng) for _ in range(100)]
    junk = [Framing.random(rng, error=4) for _ in range(100)]
    assert max(abs(framing.shift[0]) for framing in usual) <= 0.1
    assert max(abs(framing.shift[0]) for framing in junk) > 0.3


def test_recording_adds_color_blur_and_noise(rng):
    gray = np.full((128, 64, 3), 120, np.float32)
    pictures = [camera.record(gray, rng) for camera in CAMERAS]
    casts = {tuple(np.round(p.mean((0, 1)) / 5)) for p in pictures}
    assert len(casts) == len(CAMERAS)
    assert all(picture.std(axis=(0, 1)).min() > 1 for picture in pictures)
