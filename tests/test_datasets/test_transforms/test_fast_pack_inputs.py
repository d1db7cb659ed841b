import numpy as np
import pytest
import torch
from mmpretrain.datasets import PackInputs
from PIL import Image

from aanet.datasets.transforms import FastPackInputs
from aanet.registry import TRANSFORMS

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (6, 4, 3), np.uint8)
INPUTS = {
    'plain': IMAGE,
    'mirrored': IMAGE[:, ::-1],
    'upside down': IMAGE[::-1],
    'turned': IMAGE[::-1, ::-1],
    'crop': IMAGE[1:4, 1:3],
    'mirrored crop': IMAGE[1:4, 1:3][:, ::-1],
    'channels reversed': IMAGE[..., ::-1],
    'transposed': IMAGE.transpose(1, 0, 2),
    'one channel': IMAGE[..., :1].copy(),
    'one channel mirrored': IMAGE[:, ::-1, :1],
    'four channels': RNG.integers(0, 256, (6, 4, 4), np.uint8),
    'gray': IMAGE[..., 0],
    'float': IMAGE.astype(np.float32),
    'video': IMAGE[None],
    'tensor': torch.from_numpy(IMAGE),
    'Pillow': Image.fromarray(IMAGE),
}


@pytest.mark.parametrize('name', INPUTS)
def test_equals_mmpretrain(name):
    ours = FastPackInputs()(dict(img=INPUTS[name]))['inputs']
    theirs = PackInputs()(dict(img=INPUTS[name]))['inputs']
    assert ours.dtype == theirs.dtype
    assert torch.equal(ours, theirs)


def test_list_of_views():
    views = [IMAGE, IMAGE[:, ::-1]]
    first, second = FastPackInputs()(dict(img=views))['inputs']
    assert torch.equal(first, second.flip(2))


def test_channels_come_first():
    image = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    inputs = FastPackInputs()(dict(img=image))['inputs']
    assert inputs.tolist() == [[[1, 4]], [[2, 5]], [[3, 6]]]


@pytest.mark.parametrize('step', [1, -1])
def test_leaves_the_image_alone_and_shares_no_memory(step):
    image = IMAGE.copy()[:, ::step]
    inputs = FastPackInputs()(dict(img=image))['inputs']
    assert (image == IMAGE[:, ::step]).all()
    assert inputs.is_contiguous()
    inputs.zero_()
    assert (image == IMAGE[:, ::step]).all()


def test_annotation_is_packed_as_by_mmpretrain():
    info = dict(img=IMAGE, gt_label=3, img_path='a.jpg', camid=2, split='q')
    keys = ('img_path', 'camid', 'split')
    ours = FastPackInputs(meta_keys=keys)(info)['data_samples']
    theirs = PackInputs(meta_keys=keys)(info)['data_samples']
    assert ours.gt_label.tolist() == theirs.gt_label.tolist() == [3]
    assert ours.metainfo == theirs.metainfo
    assert ours.camid == 2


def test_is_registered():
    assert TRANSFORMS.get('FastPackInputs') is FastPackInputs
