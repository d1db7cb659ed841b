"""Learning rate, momentum or weight decay over a whole training.

Each line is a set of parameters that share a schedule. Nothing is trained,
and no data are needed if the size of the data set is published or given.
"""

import argparse
from pathlib import Path

from mmengine.registry import init_default_scope

from aanet.utils.cli import add_options_argument, clear_errors, load_config
from aanet.visualization.curve_sheet import Curve, Panel, curve_sheet
from aanet.visualization.epoch_length import epoch_length
from aanet.visualization.optimizer_setup import total_iterations
from aanet.visualization.pictures import save_png
from aanet.visualization.schedule import (
    PARAMETERS,
    GroupSchedule,
    follow_schedule,
)

NAMES = {'lr': 'learning rate', 'momentum': 'momentum', 'wd': 'weight decay'}
MAX_CHANGES = 6
"""A schedule with more of them is printed as its start, end and extremes."""


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='path of the config')
    parser.add_argument(
        '-p',
        '--parameter',
        choices=list(PARAMETERS),
        default='lr',
        help='what to follow (default: lr)',
    )
    parser.add_argument(
        '-d',
        '--dataset-size',
        type=int,
        metavar='N',
        help='number of train images (default: the published one)',
    )
    parser.add_argument(
        '-n',
        '--ngpus',
        type=int,
        default=1,
        help='number of processes that train (default: 1)',
    )
    parser.add_argument(
        '--scale',
        choices=['auto', 'linear', 'log'],
        default='auto',
        help='scale of the values (default: log if they differ much)',
    )
    parser.add_argument('--title', help='title of the picture')
    parser.add_argument(
        '--out',
        help='picture to write '
        '(default: work_dirs/CONFIG/schedule_PARAMETER.png)',
    )
    add_options_argument(parser)
    return parser.parse_args()


def is_logarithmic(scale: str, courses: list[GroupSchedule]) -> bool:
    """Whether the values are better seen on a logarithmic axis.

    Args:
        scale (str): What the user chose.
        courses (list[GroupSchedule]): What will be drawn.

    Returns:
        bool: True if chosen, or if values differ a hundredfold.

    Raises:
        ValueError: If chosen, but no logarithm exists.
    """
    values = [value for course in courses for value in course.values]
    if scale == 'log' and max(values) <= 0:
        raise ValueError('--scale log needs values above 0: all are 0.')
    if scale != 'auto':
        return scale == 'log'
    return min(values) > 0 and max(values) / min(values) > 99.9


def describe(course: GroupSchedule, length: int) -> str:
    """A schedule in one line.

    Args:
        course (GroupSchedule): The schedule.
        length (int): Iterations in an epoch.

    Returns:
        str: Its values, and the iterations and epochs they start with.
    """
    held = [
        (step, value)
        for index, (step, value) in enumerate(
            zip(course.steps, course.values, strict=True)
        )
        if index == 0 or value != course.values[index - 1]
    ]
    if len(held) > MAX_CHANGES:
        values = course.values
        return (
            f'{course.name}: from {values[0]:g} to {values[-1]:g}, between '
            f'{min(values):g} and {max(values):g}, {len(held) - 1} changes'
        )
    parts = [f'{held[0][1]:g}'] + [
        f'{value:g} from iteration {step} (epoch {(step - 1) // length + 1})'
        for step, value in held[1:]
    ]
    return f'{course.name}: {", ".join(parts)}'


def main() -> None:
    """Follow, print and draw."""
    args = parse_args()
    cfg = load_config(args.config, args.cfg_options)
    init_default_scope(cfg.get('default_scope', 'aanet'))
    length = epoch_length(cfg, args.dataset_size, args.ngpus)
    total = total_iterations(cfg, length)
    courses = follow_schedule(cfg, args.parameter, length, args.ngpus)
    name = Path(args.config).stem
    print(f'{length} iterations in an epoch, {total} in all')
    for course in courses:
        print(describe(course, length))
    curves = [
        Curve(
            course.name,
            [*course.steps, total],
            [*course.values, course.values[-1]],
            steps=True,
        )
        for course in courses
    ]
    what = NAMES[args.parameter]
    sheet = curve_sheet(
        [Panel(what, curves, is_logarithmic(args.scale, courses))],
        args.title or f'{what.capitalize()} of {name}',
        epoch_length=length,
    )
    path = Path(args.out or f'work_dirs/{name}/schedule_{args.parameter}.png')
    save_png(sheet, path)
    print(f'wrote {path}')


if __name__ == '__main__':
    with clear_errors():
        main()
