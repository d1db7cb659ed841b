"""A small model for exports, and what brings images to it."""

from tests.helpers.models import TINY_RESNET

SIZE = (96, 48)
PIPELINE = [
    {'type': 'LoadImageFromFile'},
    {'type': 'Resize', 'scale': SIZE[::-1]},
    {'type': 'FastPackInputs'},
]
PREPROCESSOR = {
    'type': 'ReIDDataPreprocessor',
    'mean': [123.675, 116.28, 103.53],
    'std': [58.395, 57.12, 57.375],
    'to_rgb': True,
}
TINY_MODEL = {
    'type': 'ReIDNet',
    'data_preprocessor': PREPROCESSOR,
    'backbone': {**TINY_RESNET, 'attention_blocks': (0, 0, 0, 1)},
    'neck': {'type': 'AAMNeck', 'num_classes': 7, 'in_channels': 64},
    'head': {
        'type': 'PCBTriHardHead',
        'num_classes': 7,
        'in_channels': 64,
        'part_channels': 16,
    },
}
