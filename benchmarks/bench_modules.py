"""What OFA modules cost: the ratios behind the paper's Tables 5 and 6.

For 0 to 6 modules, AANet's training step (forward, losses, backward, SGD) and
its feature extraction are timed in turns, so that all share the load of the
machine, and set in relation to no module. Beside the ratio of the times stand
that of the MACs, which is what the modules must cost, and the paper's own
ratio of training times, 260 / 200 minutes = 1.30.

    python benchmarks/bench_modules.py [--quick]
"""

import argparse
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import mmengine
import torch
from common import environment, relative_to, spread, time_in_turns
from mmengine.config import Config
from mmengine.registry import init_default_scope
from training_case import TrainingCase, add_case_arguments

CONFIG = 'configs/aanet/aanet_r50_cuhk03-labeled.py'
BLOCKS = {
    0: (0, 0, 0, 0),
    1: (0, 0, 0, 1),
    2: (0, 0, 0, 2),
    3: (0, 0, 0, 3),
    4: (0, 0, 1, 3),
    5: (0, 0, 2, 3),
    6: (0, 0, 3, 3),
}
PAPER_TRAINING = 260 / 200


def make_case(
    modules: int,
    batch_size: int,
    shape: tuple[int, int],
    channels_last: bool,
) -> TrainingCase:
    """AANet with a number of modules, and a batch for it.

    Args:
        modules (int): Number of OFA modules.
        batch_size (int): Images, three of an identity.
        shape (tuple[int, int]): Height and width of an image.
        channels_last (bool): Memory format of model and images.

    Returns:
        TrainingCase: Model and batch.
    """
    cfg = Config.fromfile(CONFIG)
    cfg.model.backbone.attention_blocks = BLOCKS[modules]
    cfg.model.channels_last = channels_last
    return TrainingCase(cfg, batch_size, shape)


def measure(
    functions: dict[int, Callable[[], Any]], runs: int
) -> dict[str, Any]:
    """Seconds, and their ratio to no module within each round."""
    for function in functions.values():
        function()
    named = {str(count): function for count, function in functions.items()}
    times = time_in_turns(named, runs)['wall']
    return {
        'seconds': {name: spread(values, 3) for name, values in times.items()},
        'over_no_module': {
            name: round(ratio, 3)
            for name, ratio in relative_to(times, '0').items()
        },
    }


def parse_args() -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument(
        '--quick', action='store_true', help='0, 3 and 6 modules, few runs'
    )
    add_case_arguments(parser)
    parser.add_argument('--channels-last', action='store_true')
    args = parser.parse_args()
    if args.quick:
        args.runs = 3
    return args


def main() -> None:
    """Measure and print one JSON object."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    init_default_scope('aanet')
    counts = (0, 3, 6) if args.quick else tuple(BLOCKS)
    make = partial(
        make_case,
        batch_size=args.batch_size,
        shape=tuple(args.shape),
        channels_last=args.channels_last,
    )
    cases = {count: make(count) for count in counts}
    training = measure({n: c.train for n, c in cases.items()}, args.runs)
    inference = measure({n: c.extract for n, c in cases.items()}, args.runs)
    ratio = round(cases[6].macs / cases[0].macs, 3)
    report = {
        **environment(args.threads, mmengine, torch),
        'summary': {
            'six modules over none, MACs': ratio,
            'six modules over none, training': training['over_no_module']['6'],
            "six modules over none, training, the paper's": PAPER_TRAINING,
            'six modules over none, inference': inference['over_no_module'][
                '6'
            ],
        },
        'batch_size': args.batch_size,
        'shape': args.shape,
        'channels_last': args.channels_last,
        'runs': args.runs,
        'macs_over_no_module': {
            str(count): round(case.macs / cases[0].macs, 3)
            for count, case in cases.items()
        },
        'training': training,
        'inference': inference,
    }
    print(json.dumps(report, indent=2))


if __name__ == '__main__':
    main()
