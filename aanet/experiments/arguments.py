"""What the tools of the tables of experiments share."""

import argparse
from pathlib import Path

from aanet.experiments.tables import Table, load_table, table_names

OUT = Path('work_dirs')


def add_table_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say which runs are meant.

    Args:
        parser (argparse.ArgumentParser): The tool's parser.
    """
    parser.add_argument(
        'tables',
        nargs='+',
        metavar='TABLE',
        help='names of tables in configs/tables (table3, figure6b), YAML '
        'files, or all',
    )
    parser.add_argument(
        '--dataset',
        nargs='+',
        metavar='NAME',
        help='data sets in place of those of the table: market, duke, '
        'cuhk03-labeled, cuhk03-detected, or the config of another',
    )
    parser.add_argument(
        '--seeds', nargs='+', type=int, help="seeds in place of the table's"
    )
    parser.add_argument(
        '--out',
        type=Path,
        help='folder of all runs (default: work_dirs/experiments)',
    )
    parser.add_argument(
        '--smoke',
        action='store_true',
        help='a few steps of every row on drawn pictures, to see that it '
        'runs; in work_dirs/experiments-smoke',
    )


def named_tables(args: argparse.Namespace) -> list[Table]:
    """The tables that the arguments name.

    Args:
        args (argparse.Namespace): Parsed arguments.

    Returns:
        list[Table]: The tables.
    """
    names = table_names() if args.tables == ['all'] else args.tables
    return [load_table(name) for name in names]


def out_folder(args: argparse.Namespace) -> Path:
    """Folder of all runs.

    Args:
        args (argparse.Namespace): Parsed arguments.

    Returns:
        Path: The folder.
    """
    if args.out is not None:
        return args.out
    return OUT / ('experiments-smoke' if args.smoke else 'experiments')
