"""Train a model: ``python tools/train.py CONFIG``."""

import argparse

import torch
from mmengine.config import Config
from mmengine.registry import RUNNERS
from mmengine.runner import Runner

from aanet.utils.cli import (
    add_config_arguments,
    clear_errors,
    config_from_arguments,
    make_work_dir,
)
from aanet.utils.distributed import leave_process_group
from aanet.utils.resume import latest_checkpoint


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description='Train a model.')
    parser.add_argument('config', help='path of the config')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CHECKPOINT',
        help="go on from a checkpoint, or from the work folder's last one "
        '(start anew if there is none)',
    )
    parser.add_argument(
        '--amp',
        action='store_true',
        help='mixed precision: fp16 with loss scaling on GPUs, bf16 on CPUs',
    )
    add_config_arguments(parser)
    return parser.parse_args()


def use_mixed_precision(cfg: Config) -> None:
    """Switch the optimizer wrapper to mixed precision.

    Args:
        cfg (Config): The config, changed in place.

    Raises:
        ValueError: If the config has a wrapper of its own.
    """
    given = cfg.optim_wrapper.get('type', 'OptimWrapper')
    if given in ('AmpOptimWrapper', 'BF16OptimWrapper'):
        return
    if given != 'OptimWrapper':
        raise ValueError(
            f'--amp cannot be combined with optim_wrapper.type={given!r}: '
            "set optim_wrapper.type='AmpOptimWrapper' in the config."
        )
    if torch.cuda.is_available():
        cfg.optim_wrapper.type = 'AmpOptimWrapper'
        cfg.optim_wrapper.setdefault('loss_scale', 'dynamic')
    else:
        cfg.optim_wrapper.type = 'BF16OptimWrapper'


def main() -> None:
    """Train what the config says."""
    args = parse_args()
    cfg = config_from_arguments(args)
    make_work_dir(cfg.work_dir)
    if args.amp:
        use_mixed_precision(cfg)
    if args.resume is not None:
        cfg.resume = True
        cfg.load_from = args.resume
        if args.resume == 'auto':
            cfg.load_from = latest_checkpoint(cfg.work_dir)
            cfg.resume = cfg.load_from is not None
    runner_type = cfg.get('runner_type')
    runner = RUNNERS.build(cfg) if runner_type else Runner.from_cfg(cfg)
    runner.train()
    leave_process_group()


if __name__ == '__main__':
    with clear_errors():
        main()
