"""A gallery of drawn persons, by a tiny model with random weights."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from aanet.apis import Gallery, ReIDInferencer
from aanet.apis.labelled import extract_records
from aanet.apis.sources import read_source
from aanet.registry import DATASETS, MODELS
from tests.helpers.tools import write_tiny_config


@pytest.fixture(scope='session')
def tiny(tmp_path_factory):
    """Model, file of the gallery, a query in it and a broken file."""
    folder = tmp_path_factory.mktemp('demo')
    cfg = Config.fromfile(write_tiny_config(folder))
    checkpoint = str(folder / 'tiny.pth')
    with DefaultScope.overwrite_default_scope('aanet'):
        torch.manual_seed(0)
        cfg.model.data_preprocessor = cfg.data_preprocessor
        model = MODELS.build(cfg.model)
        DATASETS.build(cfg.test_dataloader.dataset)
        weights = model.state_dict()
        meta = {'cfg': cfg.pretty_text}
        torch.save({'meta': meta, 'state_dict': weights}, checkpoint)
        inferencer = ReIDInferencer(checkpoint, show_progress=False)
        gallery = Gallery()
        for part in ('query', 'bounding_box_test'):
            images = read_source(folder / 'toy' / part, 'market1501')
            gallery.add(extract_records(inferencer, images))
    gallery.model_file = checkpoint
    gallery.save(folder / 'gallery.npz')
    query = sorted((folder / 'toy' / 'query').iterdir())[0]
    broken = folder / 'broken.jpg'
    broken.write_bytes(query.read_bytes()[:300])
    return SimpleNamespace(
        folder=folder,
        inferencer=inferencer,
        gallery=gallery,
        gallery_file=folder / 'gallery.npz',
        query=str(query),
        pid=int(query.name.split('_')[0]),
        broken=str(broken),
    )
