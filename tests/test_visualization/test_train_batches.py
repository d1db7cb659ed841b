"""Batches without training; tests/test_tools compare them to a training."""

import numpy as np
import pytest
import torch
from mmengine.config import Config

from aanet.visualization.pictures import as_rgb
from aanet.visualization.preprocessing import Preprocessing
from aanet.visualization.train_batches import TrainBatches
from tests.helpers.tools import write_tiny_config


@pytest.fixture(scope='module')
def cfg(tmp_path_factory):
    """Three identities with two images each in a batch, six batches."""
    path = write_tiny_config(tmp_path_factory.mktemp('batches'))
    return Config.fromfile(path)


@pytest.fixture(scope='module')
def batches(cfg):
    return TrainBatches(cfg)


def test_a_batch_depends_on_epoch_and_number_alone(batches, cfg):
    one = batches.images(batches.indices(2, 3), 'transformed')
    batches.indices(1, 1)
    again = batches.images(batches.indices(2, 3), 'transformed')
    other = TrainBatches(cfg)
    fresh = other.images(other.indices(2, 3), 'transformed')
    for first, *rest in zip(one, again, fresh, strict=True):
        for image in rest:
            assert image.path == first.path
            np.testing.assert_array_equal(
                image.stages[0][1], first.stages[0][1]
            )
    assert batches.indices(2, 3) != batches.indices(2, 4)
    assert batches.indices(2, 3) != batches.indices(1, 3)


def test_images_are_labelled_as_their_files_are_named(batches):
    images = batches.images(batches.indices(1, 1), 'original')
    assert len({image.label for image in images}) == 3
    for image in images:
        pid, camera = image.path.rpartition('/')[2].split('s')[0].split('_c')
        assert image.pid == str(int(pid)) == str(image.label + 1)
        assert image.camid == int(camera) - 1


def test_the_last_step_is_what_the_network_gets(batches):
    """The pipeline traced step by step, against the data loader's."""
    indices = batches.indices(1, 2)
    traced = batches.images(indices, 'pipeline')
    shown = batches.images(indices, 'transformed')
    names = [name for name, _ in traced[0].stages]
    assert names == [
        'LoadImageFromFile',
        'Resize',
        'RandomFlip',
        'FastRandomErasing',
        'network input',
    ]
    for one, other in zip(traced, shown, strict=True):
        steps = dict(one.stages)
        final = dict(other.stages)['network input']
        np.testing.assert_array_equal(steps['FastRandomErasing'], final)
        np.testing.assert_array_equal(steps['network input'], final)
    changed = [
        (dict(one.stages)['Resize'] != dict(one.stages)['network input']).any()
        for one in traced
    ]
    assert any(changed)


def test_both_sides_of_the_augmentation(batches):
    (image, *_) = batches.images(batches.indices(1, 1), 'concat')
    assert [name for name, _ in image.stages] == ['original', 'network input']
    (image, *_) = batches.images(batches.indices(1, 1), 'original')
    assert [name for name, _ in image.stages] == ['original']


@pytest.mark.parametrize('to_rgb', [True, False])
@pytest.mark.parametrize('beside', [True, False])
def test_normalization_is_undone(to_rgb, beside):
    settings = dict(
        type='mmpretrain.ClsDataPreprocessor',
        mean=[120.0, 110.0, 100.0],
        std=[60.0, 50.0, 40.0],
        to_rgb=to_rgb,
    )
    inside = {} if beside else dict(data_preprocessor=settings)
    cfg = Config(dict(model=inside))
    if beside:
        cfg.data_preprocessor = settings
    # Blue first, as files are read.
    inputs = torch.randint(256, (2, 3, 8, 4), dtype=torch.uint8)
    shown = Preprocessing(cfg).show({'inputs': inputs})
    expected = inputs.flip(1).permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(shown, expected)


def test_a_model_without_preprocessor_settings():
    inputs = torch.randint(256, (1, 3, 8, 4), dtype=torch.uint8)
    shown = Preprocessing(Config(dict(model={}))).show({'inputs': inputs})
    expected = inputs.flip(1).permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(shown, expected)


def test_any_image_of_a_pipeline_can_be_shown():
    blue = np.zeros((4, 2, 3), np.float32)
    blue[..., 0] = 300.4
    assert as_rgb(blue)[0, 0].tolist() == [0, 0, 255]
    gray = np.full((4, 2), 7, np.uint8)
    assert as_rgb(gray).shape == as_rgb(gray[..., None]).shape == (4, 2, 3)


@pytest.mark.parametrize(
    ('epoch', 'batch', 'message'),
    [
        (0, 1, 'epochs count from 1: there is no 0'),
        (1, 0, 'has the batches 1 to 6: there is no 0'),
        (1, 7, 'has the batches 1 to 6: there is no 7'),
    ],
)
def test_batches_that_do_not_exist(batches, epoch, batch, message):
    with pytest.raises(ValueError, match=message):
        batches.indices(epoch, batch)


def test_wrapped_data_sets_show_what_they_give(cfg):
    cfg = cfg.copy()
    cfg.train_dataloader = cfg.train_dataloader.copy()
    cfg.train_dataloader.dataset = dict(
        type='RepeatDataset', times=2, dataset=cfg.train_dataloader.dataset
    )
    wrapped = TrainBatches(cfg)
    indices = wrapped.indices(1, 1)
    assert len(wrapped.images(indices, 'transformed')) == 6
    with pytest.raises(ValueError, match='RepeatDataset has no pipeline'):
        wrapped.images(indices, 'pipeline')
