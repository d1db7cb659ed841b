"""What the switches of speed give: memory format, precision, compilation.

A training step and feature extraction of a config, with each switch alone and
together, timed in turns and set in relation to none. Compiling happens in the
first step, which is reported by itself.

    python benchmarks/bench_switches.py [CONFIG] [--quick]
"""

import argparse
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import mmengine
import torch
from common import environment, relative_to, spread, time_in_turns
from mmengine.config import Config
from mmengine.registry import init_default_scope
from training_case import TrainingCase, add_case_arguments

CONFIG = 'configs/aanet/aanet_r50_market.py'


class Switches(NamedTuple):
    """What is switched on.

    Attributes:
        channels_last (bool): ``model.channels_last``.
        bf16 (bool): ``--amp`` on a CPU.
        compiled (bool): ``model.compile``.
    """

    channels_last: bool = False
    bf16: bool = False
    compiled: bool = False


VARIANTS = {
    'none': Switches(),
    'channels_last': Switches(channels_last=True),
    'bf16': Switches(bf16=True),
    'channels_last + bf16': Switches(channels_last=True, bf16=True),
    'compile': Switches(compiled=True),
    'channels_last + compile': Switches(channels_last=True, compiled=True),
    'all': Switches(channels_last=True, bf16=True, compiled=True),
}


def make_case(args: argparse.Namespace, switches: Switches) -> TrainingCase:
    """A model with some switches on, and a batch for it."""
    cfg = Config.fromfile(args.config)
    cfg.model.channels_last = switches.channels_last
    cfg.model.compile = switches.compiled
    shape = tuple(args.shape)
    return TrainingCase(cfg, args.batch_size, shape, switches.bf16)


def seconds(function: Callable[[], Any]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def measure(
    functions: dict[str, Callable[[], Any]], runs: int
) -> dict[str, Any]:
    """Seconds, and how often they go into those without a switch."""
    first = {name: seconds(call) for name, call in functions.items()}
    times = time_in_turns(functions, runs)['wall']
    return {
        'first_seconds': {name: round(v, 1) for name, v in first.items()},
        'seconds': {name: spread(values, 3) for name, values in times.items()},
        'speedup': {
            name: round(1 / ratio, 2)
            for name, ratio in relative_to(times, 'none').items()
        },
    }


def parse_args() -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('config', nargs='?', default=CONFIG)
    parser.add_argument(
        '--quick',
        action='store_true',
        help='three runs, and only memory format and precision',
    )
    add_case_arguments(parser)
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
    cases = {
        name: make_case(args, switches)
        for name, switches in VARIANTS.items()
        if not (args.quick and switches.compiled)
    }
    training = measure({n: c.train for n, c in cases.items()}, args.runs)
    extraction = measure({n: c.extract for n, c in cases.items()}, args.runs)
    report = {
        **environment(args.threads, mmengine, torch),
        'summary': {
            f'{name}, {what}, speed-up': result['speedup'][name]
            for what, result in (
                ('training', training),
                ('extraction', extraction),
            )
            for name in cases
            if name != 'none'
        },
        'config': args.config,
        'batch_size': args.batch_size,
        'shape': args.shape,
        'runs': args.runs,
        'training': training,
        'extraction': extraction,
    }
    print(json.dumps(report, indent=2))


if __name__ == '__main__':
    main()
