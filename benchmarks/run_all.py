"""Run every benchmark, one after the other, and print one table.

    python benchmarks/run_all.py --quick    # under ten minutes on two cores
    python benchmarks/run_all.py

Each benchmark's whole JSON goes to ``work_dirs/benchmarks``; the table holds
what each calls its summary. Nothing else should run on the machine.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
OUT = Path('work_dirs/benchmarks')


def scripts() -> list[Path]:
    """Every benchmark beside this file."""
    return sorted(
        [*FOLDER.glob('bench_*.py'), *FOLDER.glob('profile_*.py')],
        key=lambda path: path.stem,
    )


def run(script: Path, quick: bool) -> dict[str, Any]:
    """Run a benchmark; what it printed.

    Args:
        script (Path): The benchmark.
        quick (bool): Whether to pass ``--quick`` on.

    Returns:
        dict[str, Any]: Its JSON, with ``seconds`` that it took.

    Raises:
        RuntimeError: If it failed.
    """
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(script), *(['--quick'] if quick else [])],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f'{script} ended with status {done.returncode}.')
    report = json.loads(done.stdout)
    report['seconds'] = round(time.perf_counter() - start, 1)
    OUT.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, indent=2)
    (OUT / f'{script.stem}.json').write_text(text + '\n', 'utf-8')
    return report


def rows(script: Path, report: dict[str, Any]) -> list[str]:
    """Lines of the table, in Markdown."""
    return [
        f'| {script.stem} | {name} | {figure} |'
        for name, figure in report['summary'].items()
    ]


def main() -> None:
    """Run all, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument(
        '--quick', action='store_true', help='smaller sizes, fewer runs'
    )
    parser.add_argument(
        '--only', nargs='+', metavar='NAME', help='e.g. bench_data'
    )
    args = parser.parse_args()
    load = os.getloadavg()[0]
    lines = ['| benchmark | what | figure |', '|---|---|---|']
    seconds = 0.0
    for script in scripts():
        if args.only and script.stem not in args.only:
            continue
        report = run(script, args.quick)
        seconds += report['seconds']
        print(f'{script.stem}: {report["seconds"]} s', file=sys.stderr)
        lines += rows(script, report)
    print('\n'.join(lines))
    print(f'\n{seconds:.0f} s in all; load at the start {load:.2f}')


if __name__ == '__main__':
    main()
