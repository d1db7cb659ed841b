"""A small model that tests only look at."""

import pytest
from mmengine.config import Config

from tests.helpers.models import TINY_RESNET


@pytest.fixture
def tiny_cfg() -> Config:
    """Config of a whole model, with weights that cannot be downloaded."""
    pretrained = dict(type='Pretrained', checkpoint='torchvision://none')
    model = dict(
        type='ReIDNet',
        backbone=dict(TINY_RESNET, init_cfg=pretrained),
        neck=dict(type='AAMNeck', num_classes=7, in_channels=64),
        head=dict(
            type='PCBTriHardHead',
            num_classes=7,
            in_channels=64,
            part_channels=16,
            num_parts=3,
        ),
        data_preprocessor=dict(
            type='mmpretrain.ClsDataPreprocessor',
            mean=[120, 110, 100],
            std=[60, 60, 60],
            to_rgb=True,
        ),
    )
    return Config(dict(model=model))
