# mmcv's transforms (LoadImageFromFile, Resize, RandomFlip, ...) sit in
# mmengine's root registry, but only once this module is imported.
import mmcv.transforms  # noqa: F401

from aanet.datasets.cuhk03_np import CUHK03NP
from aanet.datasets.dukemtmc_reid import DukeMTMCReID
from aanet.datasets.market1501 import Market1501
from aanet.datasets.reid_dataset import ReIDDataset
from aanet.datasets.samplers import RandomIdentitySampler
from aanet.datasets.toy_reid import ToyReID
from aanet.datasets.transforms import FastPackInputs, FastRandomErasing

__all__ = [
    'CUHK03NP',
    'DukeMTMCReID',
    'FastPackInputs',
    'FastRandomErasing',
    'Market1501',
    'RandomIdentitySampler',
    'ReIDDataset',
    'ToyReID',
]
