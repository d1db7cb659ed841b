"""Test a checkpoint: ``python tools/test.py CONFIG CHECKPOINT``."""

import argparse

from mmengine.config import Config
from mmengine.runner import Runner

from aanet.utils.cli import (
    add_config_arguments,
    clear_errors,
    config_from_arguments,
    load_config,
    make_work_dir,
)
from aanet.utils.distributed import leave_process_group


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description='Test a checkpoint.')
    parser.add_argument('config', help='path of the config')
    parser.add_argument('checkpoint', help='path of the checkpoint')
    parser.add_argument(
        '--dataset',
        metavar='CONFIG',
        help='test on the data set of another config, e.g. '
        'configs/_base_/datasets/dukemtmc_reid.py',
    )
    parser.add_argument(
        '--out',
        metavar='FILE.npz',
        help='save the features with ids, cameras and paths',
    )
    parser.add_argument(
        '--flip-test',
        action='store_true',
        help="add the mirrored image's feature",
    )
    parser.add_argument(
        '--rerank', action='store_true', help='k-reciprocal re-ranking'
    )
    add_config_arguments(parser)
    return parser.parse_args()


def use_test_set(cfg: Config, path: str) -> None:
    """Take the test set of another config, at this config's input size.

    Args:
        cfg (Config): The config, changed in place.
        path (str): Config with a ``test_dataloader``.

    Raises:
        ValueError: If that config has no test set.
    """
    other = load_config(path)
    if 'test_dataloader' not in other:
        raise ValueError(
            f'--dataset: {path} has no test_dataloader; name a file of '
            'configs/_base_/datasets/ or a whole config.'
        )
    pipeline = cfg.test_dataloader.dataset.pipeline
    cfg.test_dataloader.dataset = other.test_dataloader.dataset
    cfg.test_dataloader.dataset.pipeline = pipeline


def main() -> None:
    """Test the checkpoint and print the table."""
    args = parse_args()
    cfg = config_from_arguments(args)
    make_work_dir(cfg.work_dir)
    cfg.load_from = args.checkpoint
    cfg.resume = False
    # The checkpoint brings every weight: nothing is downloaded first.
    cfg.model.backbone.init_cfg = None
    if args.dataset is not None:
        use_test_set(cfg, args.dataset)
    if args.flip_test:
        cfg.model.flip_test = True
    if args.rerank:
        cfg.test_evaluator.rerank = {}
    if args.out is not None:
        cfg.test_evaluator.out_file = args.out
    Runner.from_cfg(cfg).test()
    leave_process_group()


if __name__ == '__main__':
    with clear_errors():
        main()
