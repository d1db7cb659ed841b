"""Check a data set before training on it.

Examples::

    python tools/dataset_tools/check_dataset.py Market1501 data
    python tools/dataset_tools/check_dataset.py CUHK03NP data --variant labeled
    python tools/dataset_tools/check_dataset.py ReIDDataset data/mine \
        --ann-file annotations.csv
    python tools/dataset_tools/check_dataset.py --config CONFIG

Prints the size of each part beside the published one, what is remarkable,
and whether the data set is usable; the exit code is 0 if it is, else 1.
"""

import argparse
import sys
from collections.abc import Sequence

from mmengine.utils import track_iter_progress
from prettytable import PrettyTable

from aanet.datasets import ReIDDataset
from aanet.datasets.checks import (
    DatasetReport,
    check_dataset,
    find_unreadable,
)
from aanet.datasets.records import (
    DISTRACTOR_PID,
    JUNK_PID,
    NO_CAMERA,
    count,
)
from aanet.registry import DATASETS
from aanet.utils.cli import clear_errors, load_config

COLUMNS = ('images', 'identities', 'cameras', 'distractors', 'junk')


def parse_args(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('dataset', nargs='?', help='class, e.g. Market1501')
    parser.add_argument('root', nargs='?', help='its data_root')
    parser.add_argument('--variant', help='of CUHK03NP: labeled or detected')
    parser.add_argument('--ann-file', help='CSV file of a ReIDDataset')
    parser.add_argument('--config', help='take the data sets of a config')
    parser.add_argument(
        '--no-decode', action='store_true', help='do not open the images'
    )
    args = parser.parse_args(arguments)
    if bool(args.config) == bool(args.root):
        parser.error('give either DATASET and ROOT, or --config')
    return args


def build_datasets(args: argparse.Namespace) -> tuple[ReIDDataset, ...]:
    """Build the train and the test set, without loading them."""
    if args.config:
        cfg = load_config(args.config)
        loaders = cfg.train_dataloader, cfg.test_dataloader
        configs = [dict(loader.dataset) for loader in loaders]
    else:
        options = dict(variant=args.variant, ann_file=args.ann_file)
        given = {key: value for key, value in options.items() if value}
        configs = [dict(type=args.dataset, data_root=args.root, **given)] * 2
    return tuple(build_dataset(config) for config in configs)


def build_dataset(config: dict) -> ReIDDataset:
    """Build a data set without loading it.

    Raises:
        ValueError: If it is none of aanet's, or has no such options.
    """
    name = config['type']
    dataset_class = DATASETS.get(name)
    if dataset_class is None or not issubclass(dataset_class, ReIDDataset):
        raise ValueError(
            f'{name} is no data set of aanet; those can be checked, one at a '
            'time: Market1501, DukeMTMCReID, CUHK03NP, ToyReID, ReIDDataset.'
        )
    try:
        return DATASETS.build({**config, 'pipeline': [], 'lazy_init': True})
    except TypeError as error:
        raise ValueError(f'{name} has other options: {error}.') from error


def make_table(report: DatasetReport) -> PrettyTable:
    """Tabulate the sizes, published ones in parentheses."""
    table = PrettyTable(['part', *COLUMNS])
    table.align = 'r'
    for part, records in report.parts.items():
        sizes = [str(size) for size in count(records)]
        for index, published in enumerate(report.official.get(part, ())):
            sizes[index] += f' ({published})'
        pids = [record.pid for record in records]
        cameras = {record.camid for record in records} - {NO_CAMERA}
        junk = pids.count(JUNK_PID)
        distractors = pids.count(DISTRACTOR_PID)
        table.add_row([part, *sizes, len(cameras), distractors, junk])
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, print the findings and return the exit code."""
    args = parse_args(arguments)
    train, test = build_datasets(args)
    report = check_dataset(train, test)
    print(test.display_name)
    print(make_table(report))
    if not args.no_decode:
        records = [r for part in report.parts.values() for r in part]
        unreadable = list(find_unreadable(track_iter_progress(records)))
        print()
        for path, reason in unreadable:
            print(f'unreadable: {path} ({reason})')
        if unreadable:
            report.problems.append(f'{len(unreadable)} unreadable images.')
    for note in report.notes:
        print(f'note: {note}')
    for problem in report.problems:
        print(f'problem: {problem}')
    print(f'usable: {"yes" if report.usable else "no"}')
    return 0 if report.usable else 1


if __name__ == '__main__':
    with clear_errors():
        sys.exit(main())
