"""Small models whose every part does something."""

from typing import Any

import torch
from mmpretrain.structures import DataSample
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from aanet.models.attention import BaseAttention
from aanet.registry import MODELS

TINY_RESNET = {
    'type': 'ResNetOFA',
    'depth': 18,
    'base_channels': 8,
    'stem_channels': 8,
    'attention': {'type': 'OFAModule', 'reduction': 4},
    'attention_blocks': (0, 0, 2, 2),
}
"""ResNet-18 an eighth as wide: 64 channels at 1/16 of the input."""

TINY_BOTTLENECK = {
    **TINY_RESNET,
    'depth': 50,
    'attention_blocks': (0, 0, 3, 3),
}
"""ResNet-50 an eighth as wide: 256 channels at 1/16 of the input."""

TINY_MOBILENET = {
    'type': 'MobileNetV2OFA',
    'widen_factor': 0.25,
    'attention': {'type': 'OFAModule', 'reduction': 4},
}

SMALL_ATTENTIONS = [
    {'type': 'OFAModule', 'reduction': 4},
    {'type': 'FCAModule', 'reduction': 4},
    {'type': 'MSAModule', 'reduction': 4},
    {'type': 'CAModule', 'reduction': 4},
    {'type': 'SAModule'},
    {'type': 'SOAModule', 'reduction': 4},
    {'type': 'HAModule', 'reduction': 4},
    {'type': 'ThreeDAModule', 'reduction': 4},
]
"""Every attention module, for backbones that are an eighth as wide."""


def perturb(module: nn.Module) -> nn.Module:
    """Random batch norms and gates, so that nothing is zero or one."""
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, _BatchNorm):
                part.weight.uniform_(0.5, 1.5)
                part.bias.normal_(std=0.2)
                part.running_mean.normal_(std=0.2)
                part.running_var.uniform_(0.5, 1.5)
            elif isinstance(part, BaseAttention):
                for layer in part.gate_layers:
                    layer.weight.normal_(std=0.3)
                    layer.bias.normal_(std=0.3)
    return module


def build(cfg: dict, **overrides: Any) -> nn.Module:
    """A model of the scope, in evaluation mode."""
    module = MODELS.build({**cfg, **overrides})
    module.eval()
    return module


def plain_twin(cfg: dict, **overrides: Any) -> nn.Module:
    """Mmpretrain's backbone of the same shape, perturbed."""
    shape = {
        key: value
        for key, value in cfg.items()
        if not key.startswith('attention')
    }
    name = {'ResNetOFA': 'ResNet', 'MobileNetV2OFA': 'MobileNetV2'}
    shape['type'] = f'mmpretrain.{name[cfg["type"]]}'
    if cfg['type'] == 'ResNetOFA':
        shape['strides'] = (1, 2, 2, 1)
    return perturb(build({**shape, **overrides}))


def labeled(labels: Tensor | list[int]) -> list[DataSample]:
    """Data samples of these classes."""
    return [DataSample().set_gt_label(int(label)) for label in labels]
