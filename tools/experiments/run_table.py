"""Run the rows of a table of experiments that have no result yet.

Stop it and start it again as you like: finished rows are kept, unfinished
ones go on from their last checkpoint, and a row that fails is reported and
stops no other.
"""

import argparse
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from aanet.experiments import Job, Launcher, expand, load_result
from aanet.experiments.arguments import (
    add_table_arguments,
    named_tables,
    out_folder,
)
from aanet.experiments.launch import finish
from aanet.utils.cli import add_options_argument, clear_errors


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_table_arguments(parser)
    parser.add_argument(
        '--rows', nargs='+', metavar='ROW', help='run only these rows'
    )
    parser.add_argument(
        '--list', action='store_true', help='print the runs and run none'
    )
    parser.add_argument(
        '--jobs',
        type=int,
        help='runs at a time on this machine (default: 1; with --smoke, one '
        'for each core)',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm'],
        default='none',
        help='how a run is started (default: none)',
    )
    parser.add_argument(
        '--gpus',
        type=int,
        default=1,
        help='GPUs of a run, each with a batch of its own (default: 1)',
    )
    parser.add_argument('--partition', default='', help='partition of slurm')
    add_options_argument(parser)
    args = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    if args.jobs is None:
        args.jobs = cores if args.smoke else 1
    args.threads = max(1, cores // args.jobs) if args.jobs > 1 else 0
    return args


def check(args: argparse.Namespace) -> None:
    """Refuse what cannot be launched.

    Args:
        args (argparse.Namespace): The arguments.

    Raises:
        ValueError: If they do not fit together.
    """
    if args.jobs < 1 or args.gpus < 1:
        raise ValueError('--jobs and --gpus must be at least 1.')
    if args.launcher == 'none' and args.gpus > 1:
        raise ValueError(
            '--gpus needs a launcher: add --launcher pytorch or slurm.'
        )
    if args.launcher == 'pytorch' and args.jobs > 1:
        raise ValueError(
            '--jobs must be 1 with --launcher pytorch: its runs share a port.'
        )
    if args.launcher == 'slurm' and not args.partition:
        raise ValueError('--launcher slurm needs --partition.')


def collect(args: argparse.Namespace) -> list[Job]:
    """Runs of the named tables, each once.

    Args:
        args (argparse.Namespace): The arguments.

    Returns:
        list[Job]: The runs, in the order of tables and rows.

    Raises:
        ValueError: If no table has a row of a given name.
    """
    tables = named_tables(args)
    names = {row.name for table in tables for row in table.rows}
    unknown = set(args.rows or ()) - names
    if unknown:
        raise ValueError(
            f'--rows: no table has {sorted(unknown)}; there are '
            f'{sorted(names)}.'
        )
    runs: dict[Path, Job] = {}
    for table in tables:
        for job in expand(
            table,
            out_folder(args),
            args.dataset,
            args.seeds,
            args.cfg_options,
            args.gpus,
            args.smoke,
        ):
            if not args.rows or job.row.name in args.rows:
                runs.setdefault(job.folder, job)
    return list(runs.values())


def attempt(job: Job, launcher: Launcher, keep_checkpoint: bool) -> str:
    """Finish a run, and say in a line how it went.

    Args:
        job (Job): The run.
        launcher (Launcher): How to start the tools.
        keep_checkpoint (bool): Whether its checkpoint stays.

    Returns:
        str: Empty, or what went wrong.
    """
    try:
        state = finish(job, launcher, keep_checkpoint)
    except (RuntimeError, ValueError, OSError) as error:
        print(f'[failed] {job.title}: {error}', flush=True)
        return f'{job.title}: {error}'
    result = load_result(job.folder)
    scores = result['scores'] if result else {}
    shown = ', '.join(
        f'{name} {scores[name]:.1f}'
        for name in ('Rank-1', 'mAP')
        if name in scores
    )
    print(f'[{state}] {job.title}: {shown or job.folder}', flush=True)
    return ''


def run_all(
    jobs: list[Job], at_a_time: int, run: Callable[[Job], str]
) -> list[str]:
    """Make all runs; an interrupt ends those under way and starts no other.

    Args:
        jobs (list[Job]): The runs.
        at_a_time (int): How many run together.
        run (Callable[[Job], str]): Makes a run, and says what went wrong.

    Returns:
        list[str]: What went wrong.
    """
    with ThreadPoolExecutor(at_a_time) as pool:
        try:
            return [text for text in pool.map(run, jobs) if text]
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise SystemExit(
                'stopped; the same command goes on from here.'
            ) from None


def main() -> None:
    """Run what has no result yet."""
    args = parse_args()
    check(args)
    jobs = collect(args)
    if args.list:
        for job in jobs:
            state = 'todo' if load_result(job.folder) is None else 'done'
            print(f'[{state}] {job.title}: {job.folder}')
        return
    launcher = Launcher(args.launcher, args.gpus, args.partition, args.threads)
    print(f'{len(jobs)} runs, {args.jobs} at a time', flush=True)
    failures = run_all(
        jobs,
        args.jobs,
        partial(attempt, launcher=launcher, keep_checkpoint=not args.smoke),
    )
    if failures:
        raise ValueError(
            f'{len(failures)} of {len(jobs)} runs failed; the others have '
            'their results. Mend the cause and start the same command again:'
            + ''.join(f'\n  {text}' for text in failures)
        )


if __name__ == '__main__':
    with clear_errors():
        main()
