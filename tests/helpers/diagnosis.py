"""A small model with every component, and a batch for it."""

from typing import Any

import torch
from torch import nn

from aanet.registry import MODELS
from tests.helpers.models import TINY_RESNET, labeled, perturb

CLASSES, CHANNELS = 4, 64

TINY_MODEL = {
    'type': 'ReIDNet',
    'backbone': TINY_RESNET,
    'neck': {
        'type': 'AAMNeck',
        'num_classes': CLASSES,
        'in_channels': CHANNELS,
    },
    'head': {
        'type': 'PCBTriHardHead',
        'num_classes': CLASSES,
        'in_channels': CHANNELS,
        'part_channels': 16,
    },
    'data_preprocessor': {
        'type': 'ReIDDataPreprocessor',
        'mean': [120.0, 110.0, 100.0],
        'std': [60.0, 60.0, 60.0],
        'to_rgb': True,
    },
}


def tiny_model(**parts: Any) -> nn.Module:
    """The model in training mode; a dict adds to that part's settings."""
    settings = {
        name: {**value, **(parts.pop(name) or {})}
        if isinstance(value, dict) and isinstance(parts.get(name), dict)
        else parts.pop(name, value)
        for name, value in TINY_MODEL.items()
    }
    return perturb(MODELS.build({**settings, **parts}))


def tiny_batch() -> dict[str, Any]:
    """Two images of each of four people."""
    generator = torch.Generator().manual_seed(3)
    images = torch.randint(
        256, (8, 3, 96, 48), dtype=torch.uint8, generator=generator
    )
    labels = [0, 0, 1, 1, 2, 2, 3, 3]
    return {'inputs': images, 'data_samples': labeled(labels)}
