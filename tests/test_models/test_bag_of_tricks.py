"""The strong baseline's configs do what its paper says."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.optim import build_optim_wrapper

from aanet.registry import MODELS, PARAM_SCHEDULERS
from tests.helpers.models import labeled

ROOT = Path(__file__).resolve().parents[2]
NARROW = {
    'r50': {'base_channels': 8, 'stem_channels': 8},
    'mobilenetv2': {'widen_factor': 0.25},
}
CHANNELS = {'r50': 256, 'mobilenetv2': 1280}


def load(backbone):
    return Config.fromfile(ROOT / f'configs/baseline/bot_{backbone}_market.py')


def small_model(cfg, backbone):
    """The config's model with its preprocessor, narrow and untrained."""
    cfg.model.backbone.update(init_cfg=None, **NARROW[backbone])
    cfg.model.head.in_channels = CHANNELS[backbone]
    cfg.model.data_preprocessor = cfg.data_preprocessor
    return MODELS.build(cfg.model)


@pytest.mark.parametrize('backbone', list(NARROW))
def test_last_stride_is_one(backbone):
    """256 x 128 gives 16 x 8, not 8 x 4 (section 3.4)."""
    model = small_model(load(backbone), backbone).eval()
    last = model.extract_maps(torch.zeros(1, 3, 256, 128))[-1]
    assert last.shape == (1, CHANNELS[backbone], 16, 8)


@pytest.mark.parametrize('backbone', list(NARROW))
def test_a_training_step_moves_every_weight_but_the_shift(backbone):
    cfg = load(backbone)
    torch.manual_seed(0)
    model = small_model(cfg, backbone).train()
    wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    images = torch.randint(0, 256, (4, 3, 96, 48), dtype=torch.uint8)
    data = {'inputs': images, 'data_samples': labeled([0, 0, 1, 1])}
    logs = model.train_step(data, wrapper)
    assert set(logs) == {'loss', 'loss_cls', 'loss_triplet'}
    assert all(value.isfinite() for value in logs.values())
    still = [
        name
        for name, parameter in model.named_parameters()
        if torch.equal(parameter, before[name])
    ]
    assert still == ['head.bottleneck.bias']


def test_rate_of_each_epoch():
    """Section 3.1: a tenth more each epoch to 10, a tenth behind 40, 70."""
    cfg = load('r50')
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.Adam([weight], lr=cfg.optim_wrapper.optimizer.lr)
    schedulers = [
        PARAM_SCHEDULERS.build(
            scheduler, default_args={'optimizer': optimizer}
        )
        for scheduler in cfg.param_scheduler
    ]
    rates = []
    for _ in range(cfg.train_cfg.max_epochs):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
    warmup = [3.5e-4 * epoch / 10 for epoch in range(1, 11)]
    expected = warmup + [3.5e-4] * 30 + [3.5e-5] * 30 + [3.5e-6] * 50
    assert rates == pytest.approx(expected)


def test_images_keep_their_size_and_move_by_ten_pixels_at_most():
    cfg = load('r50')
    crop = [t for t in cfg.train_pipeline if 'RandomCrop' in t['type']]
    assert len(crop) == 1
    assert cfg.train_dataloader.dataset.pipeline == cfg.train_pipeline
    pipeline = Compose(crop)
    img = np.full((256, 128, 3), 9, np.uint8)
    lost = set()
    for _ in range(100):
        moved = pipeline({'img': img})['img']
        assert moved.shape == img.shape
        rows = int((moved == 0).all((1, 2)).sum())
        columns = int((moved == 0).all((0, 2)).sum())
        lost |= {rows, columns}
    assert lost == set(range(11))
    names = [t['type'] for t in cfg.train_pipeline]
    # The frame is black, as the paper's; erasing fills with the mean.
    assert (
        names.index('FastRandomErasing')
        == names.index('mmpretrain.RandomCrop') + 1
    )
    assert not [
        t for t in cfg.test_pipeline if t['type'].endswith('RandomCrop')
    ]


def test_both_backbones_have_one_recipe():
    r50, mobilenet = (load(backbone) for backbone in NARROW)
    differing = {
        key for key in r50 if key != 'model' and r50[key] != mobilenet[key]
    }
    assert differing == set()
    assert r50.model.head.pop('in_channels') == 2048
    assert mobilenet.model.head.pop('in_channels') == 1280
    assert r50.model.head == mobilenet.model.head
