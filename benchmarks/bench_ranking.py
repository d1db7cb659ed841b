"""Measure ranking and re-ranking: seconds, ratios, peak memory, as JSON.

Random features with the shape of Market-1501 (3,368 queries, 15,913 gallery
images of 750 identities and 2,798 distractors, 6 cameras) are ranked by this
package and by re-statements of what other toolboxes do:

- ``full_matrix_argsort``: the whole distance matrix, an argsort of each row,
  then a loop over the queries;
- ``bare_product``: the matrix product of the features alone, in the same
  chunks, as a bound that no exact ranking of features can beat;
- ``dense_numpy``: k-reciprocal re-ranking with dense N x N matrices.

Each time is the median of several runs. Memory is the growth of a fresh
process' peak resident set above what it holds with the features loaded.

    python benchmarks/bench_ranking.py           # minutes, about 8 GB
    python benchmarks/bench_ranking.py --quick   # a minute
"""

import argparse
import json
import multiprocessing
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from common import environment, resident_mib, restart_peak, time_in_turns

from aanet.evaluation.functional import (
    pairwise_distance,
    rank_distmat,
    rank_features,
    re_ranking,
)
from aanet.evaluation.functional.chunks import MAX_ROWS

MARKET = 3368, 15913
QUARTER = 842, 3978

NOISE = 0.5
"""Makes the ranking about as hard as a real one, whatever the dimension."""


@dataclass(frozen=True)
class Problem:
    """Random features with ids; equal arguments give equal problems."""

    num_queries: int
    num_gallery: int
    dims: int
    distractors: float = 2798 / 15913  # share of the gallery

    def ids(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """q_pids, g_pids, q_camids, g_camids, about as in Market-1501."""
        rng = np.random.default_rng(0)
        num_pids = max(2, self.num_queries * 750 // 3368)
        g_pids = rng.integers(1, num_pids + 1, self.num_gallery)
        g_pids[: round(self.num_gallery * self.distractors)] = 0
        return (
            rng.integers(1, num_pids + 1, self.num_queries),
            rng.permutation(g_pids),
            rng.integers(0, 6, self.num_queries),
            rng.integers(0, 6, self.num_gallery),
        )

    def feats(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Features that gather around one center per identity."""
        generator = torch.Generator().manual_seed(0)
        q_pids, g_pids, _, _ = self.ids()
        centers = torch.randn(
            int(g_pids.max()) + 1, self.dims, generator=generator
        )
        return self._around(centers, q_pids, generator), self._around(
            centers, g_pids, generator
        )

    def _around(
        self, centers: torch.Tensor, pids: np.ndarray, generator: Any
    ) -> torch.Tensor:
        feats = torch.randn(len(pids), self.dims, generator=generator)
        feats *= NOISE * self.dims**0.25
        for start in range(0, len(pids), MAX_ROWS):
            part = slice(start, start + MAX_ROWS)
            feats[part] += centers[torch.from_numpy(pids[part])]
        return feats


def rank_by_argsort(distmat: np.ndarray, ids: tuple) -> tuple[float, float]:
    """Rank-1 and mAP the usual way: argsort all, then loop over queries."""
    q_pids, g_pids, q_camids, g_camids = ids
    order = np.argsort(distmat, axis=1)
    matches = g_pids[order] == q_pids[:, None]
    first, precisions = [], []
    for query, row in enumerate(order):
        kept = ~(matches[query] & (g_camids[row] == q_camids[query]))
        hits = matches[query][kept]
        if hits.any():
            first.append(hits[0])
            ranks = np.flatnonzero(hits) + 1
            precisions.append(np.mean(np.arange(1, len(ranks) + 1) / ranks))
    return float(np.mean(first)), float(np.mean(precisions))


def bare_product(q_feats: torch.Tensor, g_feats: torch.Tensor) -> None:
    """The matrix product that any exact ranking of features contains."""
    for part in q_feats.split(MAX_ROWS):
        part @ g_feats.T


def re_rank_dense(q_feats: torch.Tensor, g_feats: torch.Tensor) -> np.ndarray:
    """k-reciprocal re-ranking (k1=20, k2=6) with dense N x N matrices."""
    feats = torch.cat([q_feats, g_feats])
    original = pairwise_distance(feats, feats, 'euclidean').numpy() ** 2
    original /= original.max(axis=1, keepdims=True)
    num, num_queries = len(original), len(q_feats)
    ranking = np.argsort(original, axis=1)
    encoding = np.zeros((num, num), dtype=np.float32)
    for i in range(num):
        full = members = reciprocal(ranking, i, 20)
        for candidate in full:
            half = reciprocal(ranking, candidate, 10)
            if len(np.intersect1d(half, full)) > 2 / 3 * len(half):
                members = np.append(members, half)
        members = np.unique(members)
        weights = np.exp(-original[i, members])
        encoding[i, members] = weights / weights.sum()
    expanded = np.zeros_like(encoding)
    for i in range(num):
        expanded[i] = encoding[ranking[i, :6]].mean(axis=0)
    owners = [np.flatnonzero(expanded[:, i]) for i in range(num)]
    jaccard = np.zeros((num_queries, num), dtype=np.float32)
    for i in range(num_queries):
        shared = np.zeros(num, dtype=np.float32)
        for j in np.flatnonzero(expanded[i]):
            rows = owners[j]
            shared[rows] += np.minimum(expanded[i, j], expanded[rows, j])
        jaccard[i] = 1 - shared / (2 - shared)
    mixed = 0.7 * jaccard + 0.3 * original[:num_queries]
    return mixed[:, num_queries:]


def reciprocal(ranking: np.ndarray, image: int, k: int) -> np.ndarray:
    """Those of the k nearest images that have this one among their own."""
    near = ranking[image, : k + 1]
    return near[(ranking[near, : k + 1] == image).any(axis=1)]


def rank_matrix_case(problem: Problem) -> dict[str, Callable[[], Any]]:
    """Ranking alone, the distances being there."""
    distmat, ids = pairwise_distance(*problem.feats()).numpy(), problem.ids()
    return {
        'ours': partial(rank_distmat, distmat, *ids),
        'full_matrix_argsort': partial(rank_by_argsort, distmat, ids),
    }


def rank_features_case(problem: Problem) -> dict[str, Callable[[], Any]]:
    """Distances and ranking together."""
    feats, ids = problem.feats(), problem.ids()
    return {
        'ours': partial(rank_features, *feats, *ids),
        'bare_product': partial(bare_product, *feats),
    }


def re_ranking_case(problem: Problem) -> dict[str, Callable[[], Any]]:
    """Re-ranked distances."""
    feats = problem.feats()
    return {
        'ours': partial(re_ranking, *feats),
        'dense_numpy': partial(re_rank_dense, *feats),
    }


CASES = {
    'rank_distmat': rank_matrix_case,
    'rank_features': rank_features_case,
    're_ranking': re_ranking_case,
}


TITLES = {
    'rank_distmat': (
        'ranking from a distance matrix',
        'full matrix + argsort',
    ),
    'rank_features': ('ranking from features', 'bare matrix product'),
    're_ranking': ('re-ranking', 'dense numpy'),
}
"""What a case is called in the summary, and what it is compared to."""


def take_times(functions: dict[str, Callable], runs: int) -> dict[str, Any]:
    """Median wall and CPU seconds, and their ratios."""
    times = time_in_turns(functions, runs)
    report: dict[str, Any] = {'wall_seconds_all': times['wall']}
    for clock, by_name in times.items():
        medians = {n: statistics.median(t) for n, t in by_name.items()}
        ours, reference = medians.values()
        report[f'{clock}_seconds_median'] = medians
        report[f'{clock}_reference_over_ours'] = reference / ours
    return report


def peak_growth(case: str, problem: Problem, name: str, threads: int) -> float:
    """Growth of the resident set at its peak; run it in a fresh process."""
    torch.set_num_threads(threads)
    function = CASES[case](problem)[name]
    restart_peak()
    before = resident_mib('VmRSS')
    function()
    return resident_mib('VmHWM') - before


def measure(
    case: str, problem: Problem, runs: int, threads: int
) -> dict[str, Any]:
    """All figures of one case on one problem."""
    functions = CASES[case](problem)
    times = take_times(functions, runs)
    context = multiprocessing.get_context('spawn')
    memory = {}
    for name in functions:
        with context.Pool(1) as pool:
            arguments = (case, problem, name, threads)
            memory[name] = pool.apply(peak_growth, arguments)
    return {
        'case': case,
        **vars(problem),
        'runs': runs,
        **times,
        'peak_mib_above_input': memory,
    }


def summarize(results: list[dict[str, Any]]) -> dict[str, float]:
    """The figures for a table."""
    summary: dict[str, float] = {}
    for result in results:
        what, reference = TITLES[result['case']]
        if result['case'] != 'rank_distmat':
            what += f', {result["dims"]}-d'
        if (result['num_queries'], result['num_gallery']) != MARKET:
            what += ', a quarter'
        memory = result['peak_mib_above_input']
        summary |= {
            f'{what}, {reference} over ours (wall)': round(
                result['wall_reference_over_ours'], 2
            ),
            f'{what}, peak MiB above the input': round(memory['ours'], 1),
        }
    return summary


def parse_args() -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument(
        '--quick',
        action='store_true',
        help='2048-d features alone, re-ranking of a quarter of the images',
    )
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument(
        '--cases', nargs='+', choices=CASES, default=list(CASES)
    )
    parser.add_argument(
        '--dims',
        nargs='+',
        type=int,
        help='feature dimensions of rank_features and re_ranking (default: '
        '2048 12288)',
    )
    args = parser.parse_args()
    args.dims = args.dims or ([2048] if args.quick else [2048, 12288])
    return args


def main() -> None:
    """Measure the cases asked for and print one JSON object."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    results = []
    for case in args.cases:
        for dims in [64] if case == 'rank_distmat' else args.dims:
            smaller = args.quick and case == 're_ranking'
            problem = Problem(*(QUARTER if smaller else MARKET), dims)
            results.append(measure(case, problem, args.runs, args.threads))
    report = {
        **environment(args.threads, np, torch),
        'summary': summarize(results),
        'results': results,
    }
    print(json.dumps(report, indent=2))


if __name__ == '__main__':
    main()
