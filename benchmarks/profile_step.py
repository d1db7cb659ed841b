"""Where the time of a training step goes, part by part.

The step of a config is split at the backbone's last map: forward and backward
of the backbone, of the head with its losses and of the neck (the attention
alignment) are timed one by one, and the optimizer's step. The share of the
attention modules is that of the forward pass, where hooks can see them.

    python benchmarks/profile_step.py [CONFIG] [--quick]
"""

import argparse
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import mmengine
import torch
from common import environment, spread
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from aanet.models.attention import BaseAttention
from aanet.registry import MODELS

CONFIG = 'configs/aanet/aanet_r50_market.py'


class Stopwatch:
    """Seconds of named parts, a list for each."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time what is inside."""
        start = time.perf_counter()
        yield
        self.seconds[name].append(time.perf_counter() - start)


class AttentionTimer:
    """Seconds that the attention modules of a backbone take, summed."""

    def __init__(self, model: nn.Module) -> None:
        self.total = 0.0
        for module in model.modules():
            if isinstance(module, BaseAttention):
                # The parts of a module are inside its own time.
                inner = any(
                    module is not other and module in set(other.modules())
                    for other in model.modules()
                    if isinstance(other, BaseAttention)
                )
                if not inner:
                    module.register_forward_pre_hook(self._start)
                    module.register_forward_hook(self._stop)

    def _start(self, *_: Any) -> None:
        self.begin = time.perf_counter()

    def _stop(self, *_: Any) -> None:
        self.total += time.perf_counter() - self.begin


def loss_and_gradient(
    part: Callable[[tuple[Tensor, ...], list[DataSample]], dict],
    feats: tuple[Tensor, ...],
    samples: list[DataSample],
    model: nn.Module,
) -> Tensor | None:
    """Losses of a part, backward to the map; the map's gradient."""
    leaves = tuple(feat.detach().requires_grad_() for feat in feats)
    total, _ = model.parse_losses(part(leaves, samples))
    total.backward()
    return leaves[-1].grad


def step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: Tensor,
    samples: list[DataSample],
    watch: Stopwatch,
    attention: AttentionTimer,
) -> None:
    """One training step, every part on the watch."""
    attention.total = 0.0
    with watch.part('backbone forward'):
        feats = model.extract_maps(images)
    watch.seconds['of it attention modules'].append(attention.total)
    with watch.part('head and its losses'):
        gradient = loss_and_gradient(model.head.loss, feats, samples, model)
    if model.neck is not None:
        with watch.part('neck (AAM)'):
            more = loss_and_gradient(model.neck.loss, feats, samples, model)
    assert gradient is not None
    if model.neck is not None and more is not None:
        gradient = gradient + more
    with watch.part('backbone backward'):
        feats[-1].backward(gradient)
    with watch.part('optimizer'):
        optimizer.step()
        optimizer.zero_grad()


def report(watch: Stopwatch) -> dict[str, Any]:
    """Seconds and shares of the step."""
    medians = {
        name: statistics.median(values[1:])
        for name, values in watch.seconds.items()
    }
    total = sum(
        value
        for name, value in medians.items()
        if not name.startswith('of it')
    )
    return {
        'summary': {
            f'{name}, percent of a step': round(100 * value / total, 2)
            for name, value in medians.items()
        },
        'step_seconds': round(total, 3),
        'parts': {
            name: {
                **spread(watch.seconds[name][1:], 4),
                'share_percent': round(100 * value / total, 2),
            }
            for name, value in medians.items()
        },
    }


def parse_args() -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('config', nargs='?', default=CONFIG)
    parser.add_argument(
        '--quick', action='store_true', help='six images in place of 30'
    )
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--channels-last', action='store_true')
    return parser.parse_args()


def main() -> None:
    """Profile and print one JSON object."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    init_default_scope('aanet')
    cfg = Config.fromfile(args.config)
    cfg.model.backbone.init_cfg = None
    if args.channels_last:
        cfg.model.channels_last = True
    model = MODELS.build(cfg.model).train()
    attention = AttentionTimer(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    width, height = cfg.train_dataloader.dataset.pipeline[1].scale
    batch_size = 6 if args.quick else cfg.train_dataloader.batch_size
    images = torch.randn(batch_size, 3, height, width)
    if model.channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    samples = [
        DataSample().set_gt_label(index // 3) for index in range(batch_size)
    ]
    watch = Stopwatch()
    for _ in range(args.runs + 1):  # the first run warms up
        step(model, optimizer, images, samples, watch, attention)
    print(
        json.dumps(
            {
                **environment(args.threads, mmengine, torch),
                'config': args.config,
                'batch_size': batch_size,
                'shape': [height, width],
                'channels_last': model.channels_last,
                'runs': args.runs,
                **report(watch),
            },
            indent=2,
        )
    )


if __name__ == '__main__':
    main()
