"""The pipelines of the configs, with the transforms of this project."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmcv.transforms import Compose
from mmengine.config import Config

from aanet.datasets.seeded_index import seeded
from aanet.registry import TRANSFORMS

ROOT = Path(__file__).resolve().parents[3]
CFG = Config.fromfile(ROOT / 'configs/_base_/datasets/market1501.py')
BORROWED = {
    'FastRandomErasing': 'mmpretrain.RandomErasing',
    'FastPackInputs': 'mmpretrain.PackInputs',
}
(ERASING,) = (s for s in CFG.train_pipeline if 'Erasing' in s['type'])
HEIGHT, WIDTH = 384, 192


def build(steps, swaps=()):
    steps = [dict(step) for step in steps]
    for step in steps:
        step['type'] = dict(swaps).get(step['type'], step['type'])
    return Compose([TRANSFORMS.build(step) for step in steps])


@pytest.fixture
def info(tmp_path):
    path = tmp_path / 'a.jpg'
    image = np.random.default_rng(0).integers(0, 256, (128, 64, 3), np.uint8)
    path.write_bytes(cv2.imencode('.jpg', image)[1].tobytes())
    return dict(img_path=str(path), gt_label=3, camid=1, split='train')


@pytest.mark.parametrize('name', ['train_pipeline', 'test_pipeline'])
def test_gives_what_borrowed_transforms_give(info, name):
    ours, theirs = build(CFG[name]), build(CFG[name], BORROWED)
    for seed in range(30):
        with seeded(seed):
            result = ours(dict(info))
        with seeded(seed):
            expected = theirs(dict(info))
        assert torch.equal(result['inputs'], expected['inputs'])
        samples = [each['data_samples'] for each in (result, expected)]
        assert samples[0].metainfo == samples[1].metainfo
        assert samples[0].gt_label == samples[1].gt_label


@pytest.mark.parametrize('name', ['train_pipeline', 'test_pipeline'])
def test_bytes_go_to_the_device(info, name):
    inputs = build(CFG[name])(info)['inputs']
    assert inputs.dtype == torch.uint8
    assert inputs.shape == (3, HEIGHT, WIDTH)


@pytest.mark.parametrize('name', ['train_pipeline', 'test_pipeline'])
def test_the_second_step_resizes(name):
    assert CFG[name][1].type == 'Resize'
    assert CFG[name][1].scale == (WIDTH, HEIGHT)


@pytest.fixture(scope='module')
def erased():
    """Top, left, height, width of the rectangles in 2000 black images."""
    transform = TRANSFORMS.build(ERASING)
    boxes = []
    with seeded(0):
        for _ in range(2000):
            image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
            transform(dict(img=image))
            rows = np.flatnonzero(image[..., 0].max(axis=1))
            if len(rows):
                columns = np.flatnonzero(image[rows[0], :, 0])
                box = image[rows[0] : rows[-1] + 1, columns]
                assert (box == (103, 116, 123)).all()
                assert (image > 0).sum() == box.size
                boxes.append((rows[0], columns[0], *box.shape[:2]))
    return np.array(boxes)


class TestErasing:
    """The documented augmentation, by what it does to black images."""

    def test_of_every_other_image(self, erased):
        assert abs(len(erased) / 2000 - 0.5) < 0.035

    def test_area_is_2_to_40_percent(self, erased):
        areas = erased[:, 2] * erased[:, 3] / (HEIGHT * WIDTH)
        assert 0.0195 < areas.min() < 0.03
        assert 0.37 < areas.max() < 0.405
        # The borders cut some of the large rectangles.
        assert 0.5 < (areas < 0.21).mean() < 0.6

    def test_aspect_is_log_uniform_from_03_to_333(self, erased):
        # The borders cut no rectangle that is smaller than this.
        small = erased[erased[:, 2] * erased[:, 3] < 0.14 * HEIGHT * WIDTH]
        aspects = np.log(small[:, 2] / small[:, 3]) / np.log(3.33)
        assert -1.05 < aspects.min() < -0.95
        assert 0.95 < aspects.max() < 1.05
        assert abs((aspects < 0).mean() - 0.5) < 0.08

    def test_place_is_uniform(self, erased):
        for start, size, length in ((0, 2, HEIGHT), (1, 3, WIDTH)):
            free = length - erased[:, size]
            places = erased[free > 0, start] / free[free > 0]
            assert abs(places.mean() - 0.5) < 0.05
            assert places.min() < 0.02 and places.max() > 0.95

    def test_fill_is_zero_once_normalized(self):
        fill = np.array(ERASING.fill_color[::-1])
        prep = CFG.data_preprocessor
        assert np.allclose((fill - prep.mean) / prep.std, 0)
