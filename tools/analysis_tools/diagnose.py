"""What each component of a model does in training, over its checkpoints.

Gradients of the losses, gates of the attention modules, crops of the
alignment, distances of the metric branch: means over the first batches of a
training, which are the same for every checkpoint. Nothing is trained.
docs/diagnose.md says what each figure means.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.registry import init_default_scope
from torch import nn

from aanet.diagnosis import mean_figures, measure
from aanet.engine.hooks.num_classes_check_hook import check_num_classes
from aanet.utils.cli import add_options_argument, clear_errors, load_config
from aanet.utils.log_tables import as_table, short_names
from aanet.utils.safe_saving import whole_file
from aanet.visualization import load_model
from aanet.visualization.train_batches import TrainBatches

Figures = dict[str, float]


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='path of the config')
    parser.add_argument(
        'checkpoints',
        nargs='+',
        metavar='CHECKPOINT',
        help='checkpoints of its model, a column of the table each',
    )
    parser.add_argument(
        '--batches',
        type=int,
        default=8,
        metavar='N',
        help='how many batches to measure (default: 8)',
    )
    parser.add_argument(
        '--json', metavar='FILE', help='write the figures to this file, too'
    )
    add_options_argument(parser)
    return parser.parse_args()


def columns_of(checkpoints: Sequence[str]) -> list[str]:
    """Short names of the checkpoints.

    Args:
        checkpoints (Sequence[str]): Their paths.

    Returns:
        list[str]: Name of each file; the whole path where two are alike.

    Raises:
        ValueError: If a checkpoint is named twice.
        FileNotFoundError: If there is no such file.
    """
    for path in checkpoints:
        if checkpoints.count(path) > 1:
            raise ValueError(f'checkpoint {path} is named twice.')
        if not Path(path).is_file():
            raise FileNotFoundError(f'checkpoint {path} does not exist.')
    return short_names(checkpoints)


def load_batches(batches: TrainBatches, count: int) -> list[dict[str, Any]]:
    """The first batches of a training.

    Args:
        batches (TrainBatches): Where they come from.
        count (int): How many.

    Returns:
        list[dict[str, Any]]: As the data loader gives them.
    """
    length = len(batches.loader)
    places = [divmod(number, length) for number in range(count)]
    return [
        batches.load(batches.indices(epoch + 1, batch + 1))
        for epoch, batch in places
    ]


def diagnose(model: nn.Module, data: Sequence[dict[str, Any]]) -> Figures:
    """Measure a model.

    Args:
        model (nn.Module): The model.
        data (Sequence[dict[str, Any]]): Batches.

    Returns:
        dict[str, float]: Means over the batches.
    """
    figures = []
    for number, batch in enumerate(data):
        # Dropout draws the same for every checkpoint.
        torch.manual_seed(number)
        figures.append(measure(model, batch))
    return mean_figures(figures)


def measure_all(
    cfg: Config, checkpoints: Sequence[str], count: int
) -> dict[str, Figures]:
    """Measure checkpoints on the same batches.

    Args:
        cfg (Config): The config.
        checkpoints (Sequence[str]): Paths.
        count (int): How many batches.

    Returns:
        dict[str, dict[str, float]]: Figures of each, by its short name.

    Raises:
        ValueError: If a checkpoint is of another model, or the model does
            not fit the training set.
    """
    names = columns_of(checkpoints)
    batches = TrainBatches(cfg)
    if batches.seed is None:
        print('randomness.seed is not set: a training draws other batches')
    data: list[dict[str, Any]] = []
    columns = {}
    for name, checkpoint in zip(names, checkpoints, strict=True):
        model = load_model(cfg, checkpoint, get_device())
        check_num_classes(model, batches.loader.dataset)
        data = data or load_batches(batches, count)
        columns[name] = diagnose(model, data)
    return columns


def main() -> None:
    """Measure and print."""
    args = parse_args()
    if args.batches < 1:
        raise ValueError(f'--batches must be at least 1, not {args.batches}.')
    cfg = load_config(args.config, args.cfg_options)
    init_default_scope(cfg.get('default_scope', 'aanet'))
    columns = measure_all(cfg, args.checkpoints, args.batches)
    rows = {
        column: {name: f'{value:.4g}' for name, value in figures.items()}
        for column, figures in columns.items()
    }
    print(as_table(rows))
    if args.json is not None:
        out = Path(args.json)
        out.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(out) as partial:
            partial.write_text(json.dumps(columns, indent=2) + '\n', 'utf-8')
        print(f'wrote {out}')


if __name__ == '__main__':
    with clear_errors():
        main()
