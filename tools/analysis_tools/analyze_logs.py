"""Curves, times and scores of training runs, from their logs.

A log is the work folder of a run, whose starts are joined so that a repeated
iteration counts once, or the vis_data/scalars.json of a single start.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from aanet.utils.cli import clear_errors
from aanet.utils.log_figures import (
    run_names,
    score_figures,
    smooth,
    time_figures,
)
from aanet.utils.log_reading import read_training_log
from aanet.utils.log_tables import as_table, score_rows, time_rows
from aanet.utils.training_log import TrainingLog
from aanet.visualization.curve_sheet import Curve, Panel, curve_sheet
from aanet.visualization.pictures import save_png

Logs = dict[str, TrainingLog]


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    tasks = parser.add_subparsers(dest='task', required=True)
    curves = tasks.add_parser('plot_curve', help='draw curves')
    times = tasks.add_parser('cal_train_time', help='how long it took')
    scores = tasks.add_parser('summary', help='scores and losses')
    for task in (curves, times, scores):
        task.add_argument(
            'logs', nargs='+', metavar='LOG', help='work folder or log file'
        )
        task.add_argument('--legend', nargs='+', help='names of the runs')
    for task in (times, scores):
        task.add_argument(
            '--json', action='store_true', help='print JSON, not a table'
        )
    scores.add_argument(
        '--metric',
        default='reid/mAP',
        help='score that says which epoch is best (default: reid/mAP)',
    )
    _add_curve_arguments(curves)
    return parser.parse_args()


def _add_curve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--keys',
        nargs='+',
        default=['loss'],
        metavar='KEY',
        help='what to draw, such as loss_cls loss_triplet reid/mAP '
        '(default: loss)',
    )
    parser.add_argument('--title', default='', help='title of the picture')
    parser.add_argument(
        '--smooth',
        type=float,
        default=0.0,
        metavar='WEIGHT',
        help="TensorBoard's smoothing of training curves, in [0, 1), the "
        'curve itself staying faintly visible (default: 0, none)',
    )
    parser.add_argument(
        '--by',
        choices=['iteration', 'epoch'],
        default='iteration',
        help='what to draw over (default: iteration)',
    )
    parser.add_argument(
        '--out',
        default='work_dirs/curves.png',
        help='picture to write (default: work_dirs/curves.png)',
    )


def read_logs(paths: Sequence[str], legend: Sequence[str] | None) -> Logs:
    """Read the logs of some runs.

    Args:
        paths (Sequence[str]): Where they are.
        legend (Sequence[str] | None): Names of the runs.

    Returns:
        dict[str, TrainingLog]: Logs by the names of the runs.

    Raises:
        ValueError: If the names do not fit, or a log is damaged.
    """
    names = list(legend or run_names(paths))
    if len(names) != len(paths) or len(set(names)) < len(names):
        raise ValueError(
            f'{len(paths)} logs need as many names, no two alike; got '
            f'{", ".join(names)}.'
        )
    return {
        name: read_training_log(path)
        for name, path in zip(names, paths, strict=True)
    }


def make_panel(logs: Logs, key: str, weight: float, by: str) -> Panel:
    """The curves of one quantity.

    Args:
        logs (dict[str, TrainingLog]): Runs by name.
        key (str): The quantity.
        weight (float): Weight of smoothing.
        by (str): ``'iteration'`` or ``'epoch'``.

    Returns:
        Panel: One curve for each run.

    Raises:
        ValueError: If a run lacks the quantity, or has no epochs.
    """
    curves = []
    for name, log in logs.items():
        try:
            x, y = log.curve(key)
        except ValueError as error:
            raise ValueError(f'{name}: {error}') from error
        if by == 'epoch':
            if log.epoch_length is None:
                raise ValueError(
                    f'{name} has not logged two epochs yet, so that their '
                    'length is not known: use --by iteration.'
                )
            x = [step / log.epoch_length for step in x]
        trained = log.of_training(key)
        smoothed = smooth(y, weight if trained else 0.0)
        raw = y if trained and weight else ()
        curves.append(Curve(name, x, smoothed, raw, marked=not trained))
    return Panel(key, curves)


def plot_curve(args: argparse.Namespace, logs: Logs) -> None:
    """Draw and write.

    Args:
        args (argparse.Namespace): The arguments.
        logs (dict[str, TrainingLog]): Runs by name.
    """
    panels = [make_panel(logs, k, args.smooth, args.by) for k in args.keys]
    title = args.title or ', '.join(logs if len(logs) < 3 else args.keys)
    save_png(curve_sheet(panels, title, args.by), Path(args.out))
    print(f'wrote {args.out}')


def main() -> None:
    """Read, then do the task."""
    args = parse_args()
    logs = read_logs(args.logs, args.legend)
    if args.task == 'plot_curve':
        plot_curve(args, logs)
        return
    if args.task == 'summary':
        figures = {
            n: score_figures(log, args.metric) for n, log in logs.items()
        }
        rows = {name: score_rows(value) for name, value in figures.items()}
    else:
        figures = {name: time_figures(log) for name, log in logs.items()}
        rows = {name: time_rows(value) for name, value in figures.items()}
    print(json.dumps(figures) if args.json else as_table(rows))


if __name__ == '__main__':
    with clear_errors():
        main()
