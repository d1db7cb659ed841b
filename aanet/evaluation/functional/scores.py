"""From the positions of a query's matches to its scores."""

from typing import NamedTuple

import numpy as np


class QueryScores(NamedTuple):
    """Scores of the valid queries among B; V of them have a match.

    ``valid`` is (B,) bool; ``first`` (position of the first match, from 0),
    ``ap``, ``ap_trapezoid`` and ``inp`` are (V,).
    """

    valid: np.ndarray
    first: np.ndarray
    ap: np.ndarray
    ap_trapezoid: np.ndarray
    inp: np.ndarray


def score_queries(
    rows: np.ndarray, positions: np.ndarray, num_queries: int
) -> QueryScores:
    r"""Average precisions and inverse negative penalty of each query.

    With P matches at the positions :math:`r_1 < ... < r_P` (from 0), the
    precision at match k is :math:`p_k = k / (r_k + 1)`, and just before it
    :math:`p'_k = (k - 1) / r_k`, or 1 at the very top:

    - step AP: the mean of :math:`p_k`;
    - trapezoid AP, as in the official Market-1501 code: the mean of
      :math:`(p'_k + p_k) / 2`;
    - INP: :math:`P / (r_P + 1)`, the precision at the hardest match.

    Args:
        rows (np.ndarray): Query of each match, shape (T,), in 0 .. B - 1.
        positions (np.ndarray): Position of each match, shape (T,).
        num_queries (int): B.

    Returns:
        QueryScores: In double precision.
    """
    order = np.lexsort((positions, rows))
    rows, positions = rows[order], positions[order]
    counts = np.bincount(rows, minlength=num_queries)
    valid = counts > 0
    ends = np.cumsum(counts)
    nth = np.arange(len(rows)) - (ends - counts)[rows] + 1
    counts, ends = counts[valid], ends[valid]
    starts = ends - counts

    precision = nth / (positions + 1)
    precision_before = np.where(
        positions > 0, (nth - 1) / np.maximum(positions, 1), 1.0
    )
    trapezoid = (precision_before + precision) / 2
    return QueryScores(
        valid=valid,
        first=positions[starts],
        ap=_mean_per_query(precision, starts, counts),
        ap_trapezoid=_mean_per_query(trapezoid, starts, counts),
        inp=precision[ends - 1],
    )


def _mean_per_query(
    values: np.ndarray, starts: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Means of consecutive groups; none of the groups is empty."""
    if len(starts) == 0:
        return np.zeros(0)
    return np.add.reduceat(values, starts) / counts
