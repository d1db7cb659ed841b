"""Walk over the queries in chunks of bounded memory."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from aanet.evaluation.functional.distance import ranking_distance
from aanet.evaluation.functional.inputs import (
    ArrayLike,
    Ids,
    as_features,
    as_float,
)
from aanet.evaluation.functional.protocol import MatchIndex
from aanet.evaluation.functional.team import ALONE, Team, share_of

MAX_ROWS = 256
"""Larger chunks make nothing faster, and processes share whole chunks."""

_BYTES_PER_PAIR = 160
"""Index arrays and temporaries of one same-identity pair, rounded up."""

Chunks = Iterator[tuple[slice, Tensor]]
"""Ranges of queries with their distances (B, G).

They may be overwritten, and the next chunk does overwrite them.
"""

IdArguments = tuple[Ids, Ids, Ids | None, Ids | None]
"""Identities and cameras: q_pids, g_pids, q_camids, g_camids."""


def compare_features(
    q_feats: ArrayLike,
    g_feats: ArrayLike,
    ids: IdArguments,
    distance: str,
    max_memory_mb: float,
    team: Team = ALONE,
) -> tuple[MatchIndex, Chunks]:
    """Check features and ids, and prepare the walk over their distances.

    Rounding may depend on the size of a chunk: it is the same for any number
    of processes, and each takes whole chunks.

    Args:
        q_feats (ArrayLike): Query features, shape (Q, D).
        g_feats (ArrayLike): Gallery features, shape (G, D).
        ids (IdArguments): q_pids, g_pids, q_camids, g_camids.
        distance (str): As in :func:`ranking_distance`, which says in which
            scale the distances come.
        max_memory_mb (float): Upper bound of the temporaries in MiB.
        team (Team): Processes that share the chunks. Defaults to this one
            alone.

    Returns:
        tuple[MatchIndex, Chunks]: Which pairs count, and the distances of
        this process' share of the queries.

    Raises:
        ValueError: If anything does not fit.
    """
    queries, gallery = as_features(q_feats, g_feats)
    index = MatchIndex(*ids, len(queries), len(gallery))
    measure = ranking_distance(distance, gallery)
    rows = _rows_per_chunk(index, queries, max_memory_mb)
    ranges = _ranges(len(queries), rows)
    ranges = ranges[share_of(team, len(ranges))]
    return index, _walk(
        ranges,
        gallery.new_empty(rows, len(gallery)),
        lambda part, memory: measure(queries[part], memory),
    )


def compare_distmat(
    distmat: ArrayLike, ids: IdArguments, max_memory_mb: float
) -> tuple[MatchIndex, Chunks]:
    """The same for distances that are there already; they are copied.

    Args:
        distmat (ArrayLike): Distances, shape (Q, G).
        ids (IdArguments): q_pids, g_pids, q_camids, g_camids.
        max_memory_mb (float): Upper bound of the temporaries in MiB.

    Returns:
        tuple[MatchIndex, Chunks]: Which pairs count, and all distances.

    Raises:
        ValueError: If anything does not fit.
    """
    distances = as_float(distmat, 'distmat')
    index = MatchIndex(*ids, *distances.shape)
    rows = _rows_per_chunk(index, distances, max_memory_mb)
    ranges = _ranges(len(distances), rows)
    return index, _walk(
        ranges,
        distances.new_empty(rows, distances.shape[1]),
        lambda part, memory: memory.copy_(distances[part]),
    )


def check_finite(queries: slice, distances: Tensor) -> None:
    """Refuse distances that cannot be ranked.

    Args:
        queries (slice): The range of queries that the chunk holds.
        distances (Tensor): Their distances to the gallery, (B, G).

    Raises:
        ValueError: If one is NaN or infinite; the message names the query.
    """
    extremes = distances.amin(dim=1), distances.amax(dim=1)
    finite = torch.isfinite(extremes[0]) & torch.isfinite(extremes[1])
    if finite.all():
        return
    row = int((~finite).nonzero()[0])
    col = int((~torch.isfinite(distances[row])).nonzero()[0])
    raise ValueError(
        f'query {queries.start + row} cannot be ranked: its distance to '
        f'gallery image {col} is {distances[row, col].item()}. Look for NaN, '
        'infinite or huge features in these two images.'
    )


def _walk(
    ranges: list[slice],
    memory: Tensor,
    measure: Callable[[slice, Tensor], Tensor],
) -> Chunks:
    """Compare one range after the other, in the same memory.

    Fresh memory for each costs time, and what an allocator keeps of the old
    would exceed the bound.
    """
    for part in ranges:
        yield part, measure(part, memory[: part.stop - part.start])


def _rows_per_chunk(
    index: MatchIndex, values: Tensor, max_memory_mb: float
) -> int:
    """How many rows of ``values`` (Q, .) may be compared at a time."""
    if max_memory_mb <= 0:
        raise ValueError(
            f'max_memory_mb must be above zero, not {max_memory_mb}.'
        )
    # The distances, and those of them that are sorted or kept; torch.sort
    # sorts all at once, with indices in int64.
    copies = 1.5 if values.device.type == 'cpu' else 5
    numbers = copies * len(index.g_pids) + values.shape[1]
    row_bytes = numbers * values.element_size()
    row_bytes += _BYTES_PER_PAIR * index.most_pairs
    rows = int(max_memory_mb * 2**20 // row_bytes)
    return max(1, min(MAX_ROWS, rows, len(values)))


def _ranges(total: int, step: int) -> list[slice]:
    return [
        slice(start, min(start + step, total))
        for start in range(0, total, step)
    ]
