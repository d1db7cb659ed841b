"""Rank at the size of the largest test sets: seconds, memory, linearity.

Random 512-d features of Market-1501 with its 500,000 distractors (3,368
queries, 516,000 gallery images) and of MSMT17 (11,659 queries, 82,161 gallery
images) are ranked against the whole gallery, a half and a quarter of it. If
the time is linear in the size, the seconds per million pairs stay the same.

Memory is the growth of the peak resident set above what the process holds
with the features loaded; the project's limit is 2 GiB. The last case is a
whole evaluation by ``ReIDMetric`` at Market-1501's size, ROC included, within
128 MiB: the features, one by one as the model gave them and then as one array,
are not counted.

    python benchmarks/bench_scale.py           # minutes, 3 GB
    python benchmarks/bench_scale.py --quick   # one run of each, same sizes
"""

import argparse
import json
import multiprocessing
import statistics
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from typing import Any

import numpy as np
import torch
from bench_ranking import Problem
from common import CLOCKS, environment, resident_mib, restart_peak

from aanet.evaluation import ReIDMetric
from aanet.evaluation.functional import rank_features

PROBLEMS = {
    'Market-1501 + 500k': Problem(3368, 516000, 512, 502798 / 516000),
    'MSMT17': Problem(11659, 82161, 512, 0),
}
SHARES = (1, 1 / 2, 1 / 4)
"""Of the gallery."""

EVALUATION = Problem(3368, 15913, 512)
EVALUATION_MB = 128


def measure(function: Callable[[], Any]) -> dict[str, float]:
    """Seconds, and how far the peak lies above what was held before."""
    restart_peak()
    before = resident_mib('VmRSS')
    starts = {name: clock() for name, clock in CLOCKS.items()}
    function()
    seconds = {
        f'{name}_seconds': clock() - starts[name]
        for name, clock in CLOCKS.items()
    }
    return {**seconds, 'peak_mib': resident_mib('VmHWM') - before}


def rank_shares(
    problem: Problem, runs: int, threads: int
) -> list[dict[str, Any]]:
    """Rank against each share of the gallery; run it in a fresh process."""
    torch.set_num_threads(threads)
    warm_up()
    q_feats, g_feats = problem.feats()
    q_pids, g_pids, q_camids, g_camids = problem.ids()
    sizes = [int(problem.num_gallery * share) for share in SHARES]
    taken: dict[int, list[dict[str, float]]] = {size: [] for size in sizes}
    # In turns, so that they share the load of the machine.
    for _ in range(runs):
        for size in sizes:
            rank = partial(
                rank_features,
                q_feats,
                g_feats[:size],
                q_pids,
                g_pids[:size],
                q_camids,
                g_camids[:size],
            )
            taken[size].append(measure(rank))
    return [
        describe(size, problem.num_queries * size, figures)
        for size, figures in taken.items()
    ]


def describe(
    size: int, pairs: int, taken: list[dict[str, float]]
) -> dict[str, Any]:
    """Medians of the times, and the largest of the peaks."""
    medians = {
        clock: statistics.median(one[f'{clock}_seconds'] for one in taken)
        for clock in CLOCKS
    }
    return {
        'num_gallery': size,
        'runs': taken,
        'seconds': medians,
        'seconds_per_million_pairs': {
            clock: seconds / pairs * 1e6 for clock, seconds in medians.items()
        },
        'peak_mib_above_features': max(one['peak_mib'] for one in taken),
    }


def warm_up() -> None:
    """Let the libraries take the memory that they keep."""
    tiny = Problem(16, 64, 512)
    rank_features(*tiny.feats(), *tiny.ids())


def evaluate(threads: int) -> dict[str, Any]:
    """A whole evaluation; run it in a fresh process."""
    torch.set_num_threads(threads)
    warm_up()
    metric = ReIDMetric(roc=True, max_memory_mb=EVALUATION_MB)
    names = ('query', 'gallery')
    feats, ids = EVALUATION.feats(), EVALUATION.ids()
    for split, part, pids, camids in zip(
        names, feats, ids[:2], ids[2:], strict=True
    ):
        samples = [
            dict(pred_feature=row, gt_label=pid, camid=camid, split=split)
            for row, pid, camid in zip(part, pids, camids, strict=True)
        ]
        metric.process(None, samples)
    images = len(metric.results)
    features_mib = sum(part.nbytes for part in feats) / 2**20
    del feats, part, samples
    # The metric logs its table; stdout is for the JSON.
    with redirect_stdout(sys.stderr):
        taken = measure(partial(metric.evaluate, images))
    return {
        **vars(EVALUATION),
        'max_memory_mb': EVALUATION_MB,
        'features_mib': features_mib,
        **taken,
        'peak_mib_above_features': taken['peak_mib'] - features_mib,
    }


def in_fresh_process(function: Callable, *arguments: Any) -> Any:
    """What a function returns in a process of its own."""
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        return pool.apply(function, arguments)


def summarize(
    ranked: dict[str, list[dict]], evaluation: dict[str, Any]
) -> dict[str, float]:
    """The figures for a table."""
    summary: dict[str, float] = {}
    for name, shares in ranked.items():
        seconds, peak = (
            shares[0][key] for key in ('seconds', 'peak_mib_above_features')
        )
        summary[f'{name}, seconds'] = round(seconds['wall'], 1)
        summary[f'{name}, peak MiB above the features'] = round(peak)
        for share, part in zip(SHARES, shares, strict=True):
            rate = 1e3 * part['seconds_per_million_pairs']['wall']
            what = f'{name}, ms per million pairs, {share:.0%} of the gallery'
            summary[what] = round(rate, 1)
    name = f'evaluation with ROC in {EVALUATION_MB} MiB, peak MiB'
    summary[name] = round(evaluation['peak_mib_above_features'])
    return summary


def parse_args() -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument(
        '--quick', action='store_true', help='one run in place of three'
    )
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--threads', type=int, default=2)
    return parser.parse_args()


def main() -> None:
    """Measure, and print one JSON object."""
    args = parse_args()
    runs = 1 if args.quick else args.runs
    ranked = {
        name: in_fresh_process(rank_shares, problem, runs, args.threads)
        for name, problem in PROBLEMS.items()
    }
    evaluation = in_fresh_process(evaluate, args.threads)
    report = {
        **environment(args.threads, np, torch),
        'summary': summarize(ranked, evaluation),
        'runs': runs,
        'ranking': [
            {'case': name, **vars(problem), 'shares': ranked[name]}
            for name, problem in PROBLEMS.items()
        ],
        'evaluation': evaluation,
    }
    print(json.dumps(report, indent=2))


if __name__ == '__main__':
    main()
