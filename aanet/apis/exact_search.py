"""The nearest entries of a gallery, exactly, in bounded memory.

Letters: Q queries, B of a chunk; G entries, R of a block; D feature
dimensions; K neighbors.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aanet.evaluation.functional.distance import ranking_distance
from aanet.evaluation.functional.inputs import ArrayLike, as_float

_CHUNK_ROWS = 512
_LEAST_ROWS = 64


class Neighbors(NamedTuple):
    """The nearest entries of each query, nearest first.

    Attributes:
        distances (np.ndarray): Shape (Q, K), float32.
        rows (np.ndarray): Index of each entry, shape (Q, K), int64.
    """

    distances: np.ndarray
    rows: np.ndarray


@torch.no_grad()
def exact_topk(
    queries: ArrayLike,
    features: np.ndarray,
    topk: int,
    distance: str = 'cosine',
    rows: np.ndarray | None = None,
    max_memory_mb: float = 512,
) -> Neighbors:
    """Search by comparing with every entry.

    Equal distances keep the order of the entries. The work is done on the
    queries' device.

    Args:
        queries (ArrayLike): Features, shape (Q, D), Q >= 1.
        features (np.ndarray): Features of the entries, shape (G, D).
        topk (int): Entries to find for each, K; fewer if there are fewer.
        distance (str): ``'cosine'`` or ``'euclidean'``. Defaults to
            ``'cosine'``.
        rows (np.ndarray | None): Search only these entries, ascending,
            int64. Defaults to None, which is all.
        max_memory_mb (float): Bound of the temporaries in MiB. Defaults to
            512.

    Returns:
        Neighbors: Distances (not squared) and indices.

    Raises:
        ValueError: If the name of the distance is unknown or ``topk`` is
            not positive.
    """
    if topk < 1:
        raise ValueError(f'topk must be at least 1, not {topk}.')
    asked = as_float(queries, 'queries').float()
    total = len(features) if rows is None else len(rows)
    best = asked.new_zeros(len(asked), 0)
    found = best.long()
    step = _block_rows(asked, max_memory_mb)
    for start, block in _blocks(features, rows, total, step):
        measure = ranking_distance(distance, block.to(asked))
        nearest = [
            _nearest(measure(part), topk) for part in asked.split(_CHUNK_ROWS)
        ]
        values, columns = map(torch.cat, zip(*nearest, strict=True))
        # What is there already comes first, and earlier in the gallery.
        best, order = torch.cat([best, values], 1).sort(dim=1, stable=True)
        found = torch.cat([found, columns + start], 1).gather(1, order)
        best, found = best[:, :topk], found[:, :topk]
    if distance == 'euclidean':
        best = best.sqrt()
    positions = found.cpu().numpy()
    return Neighbors(
        best.cpu().numpy(), positions if rows is None else rows[positions]
    )


def _block_rows(queries: Tensor, max_memory_mb: float) -> int:
    """How many entries a block may have: two copies, and distances."""
    chunk = min(len(queries), _CHUNK_ROWS)
    row_bytes = 4 * (2 * queries.shape[1] + 3 * chunk)
    return max(_LEAST_ROWS, int(max_memory_mb * 2**20 // row_bytes))


def _blocks(
    features: np.ndarray, rows: np.ndarray | None, total: int, step: int
) -> Iterator[tuple[int, Tensor]]:
    for start in range(0, total, step):
        part = slice(start, min(start + step, total))
        chosen = features[part if rows is None else rows[part]]
        yield start, torch.from_numpy(chosen)


def _nearest(distances: Tensor, topk: int) -> tuple[Tensor, Tensor]:
    """The K least of each row; of equal ones those that come first.

    Args:
        distances (Tensor): Shape (B, R).
        topk (int): K.

    Returns:
        tuple[Tensor, Tensor]: Values and columns, (B, min(K, R)).
    """
    # One more than asked for shows a tie at the border.
    size = min(topk + 1, distances.shape[1])
    values, columns = distances.topk(size, dim=1, largest=False)
    if size > topk:
        tied = values[:, topk - 1] == values[:, topk]
        order = distances[tied].argsort(dim=1, stable=True)
        columns[tied] = order[:, :size]
    columns = columns[:, :topk].sort(dim=1).values
    values, order = distances.gather(1, columns).sort(dim=1, stable=True)
    return values, columns.gather(1, order)
