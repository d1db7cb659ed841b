"""A tiny model with random weights, and a drawn set."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from aanet.apis import ReIDInferencer
from aanet.registry import DATASETS, MODELS
from tests.helpers.tools import write_tiny_config


@pytest.fixture(scope='session')
def tiny(tmp_path_factory):
    """Paths of a config, a checkpoint and folders of images."""
    folder = tmp_path_factory.mktemp('apis')
    path = write_tiny_config(folder)
    cfg = Config.fromfile(path)
    with DefaultScope.overwrite_default_scope('aanet'):
        torch.manual_seed(0)
        cfg.model.data_preprocessor = cfg.data_preprocessor
        model = MODELS.build(cfg.model)
        data = DATASETS.build(cfg.test_dataloader.dataset)
    torch.save(
        {'meta': {'cfg': cfg.pretty_text}, 'state_dict': model.state_dict()},
        folder / 'tiny.pth',
    )
    return SimpleNamespace(
        folder=folder,
        config=str(path),
        checkpoint=str(folder / 'tiny.pth'),
        cfg=cfg,
        data=data,
        query=str(folder / 'toy' / 'query'),
        gallery=str(folder / 'toy' / 'bounding_box_test'),
        paths=[data.get_data_info(i)['img_path'] for i in range(len(data))],
    )


@pytest.fixture(scope='session')
def inferencer(tiny):
    with DefaultScope.overwrite_default_scope('aanet'):
        return ReIDInferencer(tiny.checkpoint, show_progress=False)


@pytest.fixture(scope='session')
def extracted(tiny, inferencer):
    """Features of all images of the test set."""
    return inferencer.extract(tiny.paths)
