"""Print a table of experiments, our results beside the paper's figures."""

import argparse
from pathlib import Path
from typing import Any

from mmengine.registry import init_default_scope

from aanet.experiments import (
    COLUMNS,
    FORMATS,
    Job,
    Table,
    expand,
    load_result,
    render,
)
from aanet.experiments.arguments import (
    add_table_arguments,
    named_tables,
    out_folder,
)
from aanet.experiments.plot import draw
from aanet.registry import MODELS
from aanet.utils.cli import add_options_argument, clear_errors
from aanet.utils.complexity import summarize


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_table_arguments(parser)
    parser.add_argument(
        '--format',
        choices=list(FORMATS),
        default='text',
        help='how to print it (default: text)',
    )
    parser.add_argument(
        '--plot',
        type=Path,
        metavar='FILE.png',
        help='draw tables whose rows lie on an axis, side by side',
    )
    parser.add_argument(
        '--gpus',
        type=int,
        default=1,
        help='GPUs that the runs had (default: 1)',
    )
    add_options_argument(parser)
    return parser.parse_args()


def complexity(job: Job) -> dict[str, int]:
    """Parameters and MACs of a row, at the size of its pictures.

    Args:
        job (Job): A run of the row.

    Returns:
        dict[str, int]: ``params`` and ``macs``.
    """
    width, height = job.cfg.test_dataloader.dataset.pipeline[1].scale
    summary = summarize(MODELS.build(job.cfg.model), (height, width))
    return {key: summary[key] for key in ('params', 'macs')}


def gather(
    table: Table, args: argparse.Namespace
) -> list[tuple[Job, list[dict[str, Any]]]]:
    """Rows of a table with the results that they have.

    Args:
        table (Table): The table.
        args (argparse.Namespace): The arguments.

    Returns:
        list[tuple[Job, list[dict[str, Any]]]]: For each row and data set one
        of its jobs, and the results of its seeds.
    """
    jobs = expand(
        table,
        out_folder(args),
        args.dataset,
        args.seeds,
        args.cfg_options,
        args.gpus,
        args.smoke,
    )
    found: dict[tuple[str, str], tuple[Job, list[dict[str, Any]]]] = {}
    for job in jobs:
        _, results = found.setdefault((job.dataset, job.row.name), (job, []))
        result = load_result(job.folder)
        if result is not None:
            results.append(result)
    if any(not COLUMNS[key].trained for key in table.columns):
        for job, results in found.values():
            figures = complexity(job)
            results[:] = [{**result, **figures} for result in results or [{}]]
    return list(found.values())


def main() -> None:
    """Print the tables, and draw them if asked to."""
    args = parse_args()
    init_default_scope('aanet')
    panels = [(table, gather(table, args)) for table in named_tables(args)]
    for place, (table, rows) in enumerate(panels):
        if args.format != 'csv':
            print(('\n' if place else '') + table.title)
        print(render(table, rows, args.format))
        if table.note and args.format != 'csv':
            print(table.note)
    if args.plot is not None:
        draw(panels, args.plot)
        print(f'drawn: {args.plot}')


if __name__ == '__main__':
    with clear_errors():
        main()
