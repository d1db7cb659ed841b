"""Measure searching a gallery: build and query times, memory, recall, as JSON.

Synthetic features gather around one center per identity, 20 images each; the
centers lie in a space of 64 dimensions, as real ones do not fill theirs. The
gallery is searched exactly in PyTorch, and by FAISS: flat, inverted lists
(IVF), and a graph (HNSW), with the settings that a gallery has by default.

Each kind has a process of its own. Memory is the growth of its resident set
above the features: what remains once the index is built, and the peak while
searching.

    python benchmarks/bench_gallery.py           # a million; half an hour
    python benchmarks/bench_gallery.py --quick   # a tenth; a minute
"""

import argparse
import json
import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import torch
from common import environment, spread

from aanet.apis.entries import Entries
from aanet.apis.gallery_search import GallerySearch
from aanet.apis.search_settings import KINDS, SearchSettings

IMAGES_PER_ID = 20
LATENT_DIMS = 64
NOISE = 1.5
TOPK = 10
_ROWS = 65_536


@dataclass(frozen=True)
class Problem:
    """Features of a gallery and of queries; equal arguments, equal ones."""

    num_gallery: int
    num_queries: int
    dims: int

    def features(self) -> tuple[np.ndarray, np.ndarray]:
        """Gallery (G, D) and queries (Q, D), float32."""
        rng = np.random.default_rng(0)
        num_ids = max(2, self.num_gallery // IMAGES_PER_ID)
        latent = rng.normal(size=(num_ids, LATENT_DIMS)).astype(np.float32)
        spread_out = rng.normal(size=(LATENT_DIMS, self.dims))
        centers = latent @ (spread_out / LATENT_DIMS**0.5).astype(np.float32)
        return (
            self._around(centers, self.num_gallery, rng),
            self._around(centers, self.num_queries, rng),
        )

    def _around(
        self, centers: np.ndarray, number: int, rng: np.random.Generator
    ) -> np.ndarray:
        pids = rng.integers(0, len(centers), number)
        feats = np.empty((number, self.dims), np.float32)
        for start in range(0, number, _ROWS):
            part = slice(start, start + _ROWS)
            feats[part] = rng.standard_normal(feats[part].shape, np.float32)
            feats[part] *= NOISE
            feats[part] += centers[pids[part]]
        return feats


def resident_mib(field: str) -> float:
    """A line of /proc/self/status: VmRSS is now, VmHWM the peak (Linux)."""
    for line in Path('/proc/self/status').read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise OSError(f'/proc/self/status has no {field}.')


def measure(
    kind: str, problem: Problem, threads: int, exact: np.ndarray | None
) -> tuple[dict[str, Any], np.ndarray]:
    """All figures of one kind of search, and what it finds.

    Args:
        kind (str): Kind of the search.
        problem (Problem): What to search in and for.
        threads (int): Threads to use.
        exact (np.ndarray | None): What the exact search finds, (Q, K); None
            for the exact search itself.

    Returns:
        tuple[dict[str, Any], np.ndarray]: The figures, and indices (Q, K).
    """
    torch.set_num_threads(threads)
    gallery, queries = problem.features()
    entries = Entries.of(gallery)
    search = GallerySearch(SearchSettings(kind=kind, index_from=1), 'cosine')
    before = resident_mib('VmRSS')
    start = time.perf_counter()
    search.prepare(entries)
    build_seconds = time.perf_counter() - start
    after = resident_mib('VmRSS')
    Path('/proc/self/clear_refs').write_text('5')  # the peak starts anew
    found = search(queries, entries, TOPK).rows
    seconds = {
        'batch': [
            clock(search, queries, entries) / len(queries) for _ in range(3)
        ],
        'single': [clock(search, q[None], entries) for q in queries[:20]],
    }
    figures = {
        'build_seconds': round(build_seconds, 1),
        'ms_per_query': {
            name: spread((1000 * value for value in values), 3)
            for name, values in seconds.items()
        },
        'index_mib': round(after - before),
        'search_peak_mib': round(resident_mib('VmHWM') - after),
        'recall_at_10': recall(found, found if exact is None else exact),
    }
    return figures, found


def clock(search: GallerySearch, queries: np.ndarray, entries: Entries) -> Any:
    """Seconds of a search."""
    start = time.perf_counter()
    search(queries, entries, TOPK)
    return time.perf_counter() - start


def recall(found: np.ndarray, exact: np.ndarray) -> float:
    """Share of the K nearest that was found."""
    pairs = zip(found, exact, strict=True)
    return round(float(np.mean([np.isin(a, b).mean() for a, b in pairs])), 4)


def parse_args() -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument(
        '--quick', action='store_true', help='a tenth of the size'
    )
    parser.add_argument('--size', type=int, default=1_000_000)
    parser.add_argument('--dims', type=int, default=512)
    parser.add_argument('--queries', type=int, default=100)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument(
        '--kinds', nargs='+', choices=KINDS, default=list(KINDS)
    )
    return parser.parse_args()


def main() -> None:
    """Measure the kinds asked for and print one JSON object."""
    args = parse_args()
    size = args.size // 10 if args.quick else args.size
    problem = Problem(size, args.queries, args.dims)
    context = multiprocessing.get_context('spawn')
    results, exact = {}, None
    # The exact search comes first, for the others are held against it.
    for kind in sorted({'exact', *args.kinds}, key=KINDS.index):
        with context.Pool(1) as pool:
            arguments = (kind, problem, args.threads, exact)
            results[kind], found = pool.apply(measure, arguments)
        exact = found if exact is None else exact
    report = {
        **environment(args.threads, np, torch, faiss),
        **vars(problem),
        'summary': {kind: summary(results[kind]) for kind in results},
        'results': results,
    }
    print(json.dumps(report, indent=2))


def summary(figures: dict[str, Any]) -> str:
    """One line of a table."""
    times = figures['ms_per_query']
    return (
        f'{times["batch"]["median"]:.2f} ms a query in a batch, '
        f'{times["single"]["median"]:.2f} ms alone, recall@{TOPK} '
        f'{figures["recall_at_10"]:.3f}, built in '
        f'{figures["build_seconds"]:.0f} s, {figures["index_mib"]} MiB'
    )


if __name__ == '__main__':
    main()
