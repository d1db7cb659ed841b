import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from torch import nn

from aanet.registry import PARAM_SCHEDULERS

SCHEDULE = 'configs/_base_/schedules/sgd-literal_100e.py'


class TwoParts(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(2, 2)
        self.head = nn.Linear(2, 2)


def rates(wrapper):
    return {
        group['name']: group['lr'] for group in wrapper.optimizer.param_groups
    }


def test_only_the_backbone_decays():
    cfg = Config.fromfile(SCHEDULE)
    wrapper = build_optim_wrapper(TwoParts(), cfg.optim_wrapper)
    scheduler = PARAM_SCHEDULERS.build(
        dict(cfg.param_scheduler, optimizer=wrapper, milestones=[2])
    )
    assert set(rates(wrapper).values()) == {0.01}
    for _ in range(3):
        wrapper.optimizer.step()
        scheduler.step()
    assert rates(wrapper) == pytest.approx(
        {
            'backbone.weight': 0.001,
            'backbone.bias': 0.001,
            'head.weight': 0.01,
            'head.bias': 0.01,
        }
    )


def test_groups_without_names_are_refused():
    optimizer = torch.optim.SGD(TwoParts().parameters(), lr=0.1)
    with pytest.raises(ValueError, match='NamedGroupConstructor'):
        PARAM_SCHEDULERS.build(
            {
                'type': 'PartialMultiStepLR',
                'optimizer': optimizer,
                'milestones': [1],
                'skip': 'head.',
            }
        )
