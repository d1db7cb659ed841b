"""The nearest gallery images of a query, ranked as the metric ranks them.

Which pairs count and where a match stands comes from
:mod:`aanet.evaluation.functional`, so that a picture cannot disagree with
the score.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from aanet.evaluation.functional.chunks import Chunks, check_finite
from aanet.evaluation.functional.protocol import MatchIndex
from aanet.evaluation.functional.scores import score_queries


@dataclass(frozen=True)
class RankedList:
    """A query and the k gallery images nearest to it, junk left out.

    Attributes:
        query (int): Index of the query.
        gallery (np.ndarray): Indices of the gallery images, nearest first,
            shape (k,).
        distances (np.ndarray): Their distances, shape (k,).
        right (np.ndarray): Which are matches, bool, shape (k,).
        first_match (int): Rank of the first match, from 1.
        num_matches (int): Matches in the whole gallery.
        num_junk (int): Gallery images left out for this query.
        ap (float): Step average precision, in 0..1.
        ap_trapezoid (float): That of the official Market-1501 code.
    """

    query: int
    gallery: np.ndarray
    distances: np.ndarray
    right: np.ndarray
    first_match: int
    num_matches: int
    num_junk: int
    ap: float
    ap_trapezoid: float


def ranked_lists(
    index: MatchIndex, chunks: Chunks, queries: Sequence[int], topk: int
) -> list[RankedList]:
    """Rank the gallery for some queries.

    ``index`` and ``chunks`` come from ``compare_features`` or
    ``compare_distmat`` of :mod:`aanet.evaluation.functional.chunks`, called
    as the metric calls them: rounding may depend on how the queries are cut
    into chunks, and equal distances keep gallery order.

    Args:
        index (MatchIndex): Which pairs count.
        chunks (Chunks): Distances of all queries, read up to the last one
            wanted.
        queries (Sequence[int]): Queries wanted, in any order; each must
            have a match.
        topk (int): Gallery images to keep of each.

    Returns:
        list[RankedList]: One for each query, in the order given.

    Raises:
        ValueError: If ``topk`` is not positive, a distance is not finite,
            or a query wanted has no match.
    """
    if topk < 1:
        raise ValueError(f'topk must be at least 1, not {topk}.')
    found: dict[int, RankedList] = {}
    for part, distances in chunks:
        check_finite(part, distances)
        rows, cols = index.hide_junk(part, distances)
        for query in set(queries).intersection(range(part.start, part.stop)):
            row = query - part.start
            matches = cols[rows == row]
            found[query] = _ranked_list(query, distances[row], matches, topk)
        if len(found) == len(set(queries)):
            break
    return [found[query] for query in queries]


def _ranked_list(
    query: int, distances: Tensor, matches: Tensor, topk: int
) -> RankedList:
    """Sort one row, whose junk is at infinity."""
    if len(matches) == 0:
        raise ValueError(f'query {query} has no match: it is not ranked.')
    counted = int(distances.isfinite().sum())
    order = distances.argsort(stable=True)[:counted].cpu().numpy()
    right = np.isin(order, matches.cpu().numpy())
    positions = np.flatnonzero(right)
    scores = score_queries(np.zeros_like(positions), positions, 1)
    nearest = order[:topk]
    return RankedList(
        query=query,
        gallery=nearest,
        distances=distances.cpu().numpy()[nearest],
        right=right[:topk],
        first_match=int(scores.first[0]) + 1,
        num_matches=len(positions),
        num_junk=len(distances) - counted,
        ap=float(scores.ap[0]),
        ap_trapezoid=float(scores.ap_trapezoid[0]),
    )
