"""Every model of configs/ builds, learns in all its parts, and tests."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper

from aanet.registry import MODELS
from tests.helpers.models import labeled, perturb

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / 'configs').glob('**/*.py')
    if '_base_' not in path.parts
)
LOSSES = {'loss_cls', 'loss_triplet', 'loss_acd', 'loss_cam'}


def narrow(backbone):
    """The same blocks and modules, an eighth as wide."""
    backbone = dict(backbone, init_cfg=None)
    if 'depth' in backbone:
        backbone.update(base_channels=8, stem_channels=8)
    else:
        backbone.update(widen_factor=0.25)
    return backbone


def small_model(path):
    """The config's model, narrow, and with the channels to match."""
    cfg = Config.fromfile(ROOT / path).model
    cfg.backbone = narrow(cfg.backbone)
    backbone = MODELS.build(cfg.backbone)
    backbone.eval()
    channels = backbone(torch.zeros(1, 3, 96, 48))[-1].shape[1]
    for part in ('neck', 'head'):
        if cfg.get(part) and 'in_channels' in cfg[part]:
            cfg[part].in_channels = channels
    return MODELS.build(cfg)


def test_the_paper_s_configs_are_among_those_tested():
    names = {Path(path).stem for path in CONFIGS}
    assert {'aanet_r50_market', 'bl_r50_market'} <= names


@pytest.mark.parametrize('path', CONFIGS)
def test_losses_reach_every_parameter(path):
    """Also what DDP asks for; at the gates' start, and once they moved."""
    model = small_model(path).train()
    samples = labeled([0, 0, 1, 1])
    for change in (lambda m: m, perturb):
        change(model).zero_grad()
        losses = model(torch.randn(4, 3, 96, 48), samples, mode='loss')
        assert 'loss_cls' in losses
        assert {key for key in losses if 'loss' in key} <= LOSSES
        total, _ = model.parse_losses(losses)
        assert total.isfinite()
        total.backward()
        silent = [
            name
            for name, parameter in model.named_parameters()
            if parameter.requires_grad
            and (parameter.grad is None or not parameter.grad.isfinite().all())
        ]
        assert silent == []


def group_rates(path):
    """Learning rate of each parameter, by name."""
    cfg = Config.fromfile(ROOT / path)
    model = small_model(path)
    wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    names = {id(p): name for name, p in model.named_parameters()}
    return {
        names[id(parameter)]: group['lr']
        for group in wrapper.optimizer.param_groups
        for parameter in group['params']
    }


def test_new_layers_learn_ten_times_as_fast_but_not_the_cam_classifier():
    """Section 8 of the recipe: 0.1 for the head, 0.01 for the rest."""
    rates = group_rates('configs/aanet/aanet_r50_market.py')
    assert any('.attention.' in name for name in rates)
    for name, rate in rates.items():
        expected = 0.1 if name.startswith('head.') else 0.01
        assert rate == pytest.approx(expected), name
    assert rates['neck.cam_fc.weight'] == pytest.approx(0.01)
