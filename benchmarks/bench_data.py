"""Measure the loading of images: images per second and ratios, as JSON.

A set of JPEGs of Market-1501's size, 128 x 64, is drawn into a temporary
folder and loaded at 384 x 192, from the disk's cache:

- ``ours_collated``: the data loader of the config, up to the batch of bytes
  that goes to the device;
- ``ours_normalized``: the same and then the data preprocessor, which is the
  device's work, on the CPU;
- ``torchreid_restated``: what torchreid does, written anew for this script:
  Pillow decodes, torchvision resizes, flips and normalizes, random erasing
  fills the float image, and the batch is normalized when it is collated.

All take turns, one epoch each, with the same batch size and as many workers,
which run already when the clock starts.

    python benchmarks/bench_data.py           # minutes
    python benchmarks/bench_data.py --quick   # less than one
"""

import argparse
import json
import math
import random
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL
import torch
import torchvision
from common import environment, spread, time_in_turns
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmengine.utils.dl_utils import set_multi_processing
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from aanet.registry import MODELS

CONFIG = Path(__file__).parents[1] / 'configs/aanet/aanet_r50_market.py'
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

Arms = dict[str, Callable[[], Any]]


class TorchreidErasing:
    """Random erasing as torchreid has it: of a float image, in place."""

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """Erase a rectangle of every other image."""
        if random.uniform(0, 1) > 0.5:
            return image
        _, height, width = image.shape
        for _ in range(100):
            area = random.uniform(0.02, 0.4) * height * width
            aspect = random.uniform(0.3, 1 / 0.3)
            h = round(math.sqrt(area * aspect))
            w = round(math.sqrt(area / aspect))
            if h < height and w < width:
                top = random.randint(0, height - h)
                left = random.randint(0, width - w)
                for plane, value in zip(image, MEAN, strict=True):
                    plane[top : top + h, left : left + w] = value
                break
        return image


class TorchreidDataset(Dataset):
    """Loads images as torchreid does."""

    def __init__(self, records: list[dict], size: tuple, train: bool) -> None:
        self.records = records
        steps = [
            transforms.Resize(size),
            transforms.RandomHorizontalFlip() if train else None,
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
            TorchreidErasing() if train else None,
        ]
        self.transform = transforms.Compose([s for s in steps if s])

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int) -> dict[str, Any]:
        record = self.records[index]
        with Image.open(record['img_path']) as file:
            image = file.convert('RGB')
        return dict(
            img=self.transform(image),
            pid=record['gt_label'],
            camid=record['camid'],
            impath=record['img_path'],
        )


def build_ours(cfg: Config, split: str, data: dict, workers: int) -> Any:
    """The data loader of the config, over the drawn images."""
    loader = cfg[f'{split}_dataloader'].to_dict()
    pipeline = loader['dataset']['pipeline']
    return Runner.build_dataloader(
        {
            **loader,
            'dataset': dict(data, split=split, pipeline=pipeline),
            'num_workers': workers,
            'persistent_workers': workers > 0,
            'pin_memory': False,
        },
        seed=0,
    )


def restate_torchreid(ours: Any, split: str, workers: int) -> DataLoader:
    """A loader of the same images as torchreid would make it.

    Its workers stay from epoch to epoch, which is more than torchreid has.
    """
    dataset, train = ours.dataset, split == 'train'
    width, height = dataset.pipeline.transforms[1].scale
    records = [dataset.get_data_info(i) for i in range(len(dataset))]
    return DataLoader(
        TorchreidDataset(records, (height, width), train),
        batch_size=ours.batch_size,
        shuffle=train,
        drop_last=train,
        num_workers=workers,
        persistent_workers=workers > 0,
    )


def run_epoch(loader: Any, finish: Callable[[Any], Any] | None = None) -> int:
    """Load all batches; the number of images."""
    images = 0
    for batch in loader:
        inputs = batch['img' if 'img' in batch else 'inputs']
        if finish:
            finish(batch)
        images += len(inputs)
    return images


def make_arms(
    cfg: Config, split: str, data: dict, workers: int
) -> tuple[Arms, int]:
    """What to time, and the images of an epoch; workers run already."""
    ours = build_ours(cfg, split, data, workers)
    theirs = restate_torchreid(ours, split, workers)
    preprocessor = MODELS.build(cfg.data_preprocessor)
    arms: Arms = {
        'ours_collated': partial(run_epoch, ours),
        'ours_normalized': partial(run_epoch, ours, preprocessor),
        'torchreid_restated': partial(run_epoch, theirs),
    }
    (images,) = {run() for run in arms.values()}
    return arms, images


def measure(
    cfg: Config, split: str, data: dict, workers: int, rounds: int
) -> dict[str, Any]:
    """Speed of each way to load, and ratios within a round."""
    arms, images = make_arms(cfg, split, data, workers)
    seconds = time_in_turns(arms, rounds)['wall']
    *ours, theirs = arms
    report = {
        'split': split,
        'workers': workers,
        'batch_size': cfg[f'{split}_dataloader'].batch_size,
        'images': images,
        'images_per_second': {
            name: spread((images / s for s in taken), 0)
            for name, taken in seconds.items()
        },
    }
    for name in ours:
        pairs = zip(seconds[theirs], seconds[name], strict=True)
        report[f'{name}_over_torchreid_restated'] = spread(
            slow / fast for slow, fast in pairs
        )
    return report


def parse_args() -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument(
        '--quick', action='store_true', help='few images and rounds'
    )
    parser.add_argument('--rounds', type=int, default=9)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--workers', nargs='+', type=int, default=[0, 1, 2])
    return parser.parse_args()


def summarize(results: list[dict[str, Any]]) -> dict[str, float]:
    """Images per second and their ratio to torchreid's, by split, workers."""
    summary: dict[str, float] = {}
    for result in results:
        case = f'{result["split"]}, {result["workers"]} workers'
        for name in ('ours_collated', 'ours_normalized'):
            what = f'{case}, {name}'
            speed = result['images_per_second'][name]
            ratio = result[f'{name}_over_torchreid_restated']
            summary[f'{what}, images/s'] = speed['median']
            summary[f'{what} over torchreid restated'] = ratio['median']
    return summary


def main() -> None:
    """Measure training and testing, and print one JSON object."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    cfg = Config.fromfile(CONFIG)
    init_default_scope(cfg.default_scope)
    set_multi_processing(**cfg.env_cfg.mp_cfg)
    rounds, ids = (3, 30) if args.quick else (args.rounds, 60)
    # The data set logs that it is drawn; stdout is for the JSON.
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(sys.stderr):
        data = dict(
            type='ToyReID',
            data_root=f'{folder}/toy',
            train_ids=ids,
            test_ids=ids // 2,
        )
        results = [
            measure(cfg, split, data, workers, rounds)
            for split in ('train', 'test')
            for workers in args.workers
        ]
    report = {
        **environment(args.threads, np, torch, torchvision, cv2, PIL),
        'summary': summarize(results),
        'rounds': rounds,
        'results': results,
    }
    print(json.dumps(report, indent=2))


if __name__ == '__main__':
    main()
