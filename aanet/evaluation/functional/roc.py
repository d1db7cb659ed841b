"""Verification: which distance still means "the same person"?

A pair is accepted if its distance is *below* a threshold. For each false
positive rate (FPR) asked for, the threshold is the largest one that accepts
at most that share of the negative pairs; the true positive rate (TPR) is the
share of matches that it accepts. All pairs that are not junk take part.

Only the distances of the matches and of the nearest negatives are kept, as
many as the largest FPR asks for: 1 % of all pairs by default. Each process
keeps those of its own queries.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch

from aanet.evaluation.functional.chunks import (
    Chunks,
    check_finite,
    compare_distmat,
    compare_features,
)
from aanet.evaluation.functional.inputs import ArrayLike, Ids
from aanet.evaluation.functional.nearest_pairs import NearestPairs
from aanet.evaluation.functional.order_statistics import order_statistics
from aanet.evaluation.functional.protocol import MatchIndex
from aanet.evaluation.functional.team import ALONE, Team

DEFAULT_FPRS = (1e-2, 1e-3, 1e-4)

_BYTES_PER_KEPT = 16
"""Twice a distance, of double precision at most."""


@dataclass(frozen=True)
class RocResult:
    """Operating points, one for each false positive rate asked for.

    Attributes:
        fpr (np.ndarray): The rates asked for, in 0..1.
        tpr (np.ndarray): Share of the matches accepted, in 0..1.
        threshold (np.ndarray): Accept a pair if its distance is below this;
            infinite where the rate allows every pair.
    """

    fpr: np.ndarray
    tpr: np.ndarray
    threshold: np.ndarray


@torch.no_grad()
def roc_features(
    q_feats: ArrayLike,
    g_feats: ArrayLike,
    q_pids: Ids,
    g_pids: Ids,
    q_camids: Ids | None,
    g_camids: Ids | None,
    distance: str = 'cosine',
    fprs: Sequence[float] = DEFAULT_FPRS,
    max_memory_mb: float = 512,
    team: Team = ALONE,
) -> RocResult:
    """Operating points over all query-gallery pairs of features.

    Args:
        q_feats (ArrayLike): Query features, shape (Q, D).
        g_feats (ArrayLike): Gallery features, shape (G, D); the work is done
            on their device.
        q_pids (Ids): Query identities, shape (Q,).
        g_pids (Ids): Gallery identities, shape (G,); -1 is junk.
        q_camids (Ids | None): Query cameras; None or -1 where unknown.
        g_camids (Ids | None): Gallery cameras; None or -1 where unknown.
        distance (str): ``'cosine'`` or ``'euclidean'`` (thresholds are not
            squared). Defaults to ``'cosine'``.
        fprs (Sequence[float]): False positive rates. Defaults to 1e-2, 1e-3
            and 1e-4.
        max_memory_mb (float): Bound of the temporaries in MiB, features not
            counted, in each process. Rates that let more than three quarters
            of it be kept exceed it. Defaults to 512.
        team (Team): Processes that share the queries; all get the result.
            Defaults to this one alone.

    Returns:
        RocResult: TPR and threshold at each rate.

    Raises:
        ValueError: If shapes do not fit, a distance is not finite, a rate
            lies outside 0..1, or there are no matches or no negatives.
    """
    ids = (q_pids, g_pids, q_camids, g_camids)
    rates = _as_rates(fprs)
    pairs = len(q_feats) * len(g_feats)
    memory = _left_for_chunks(max_memory_mb, pairs, rates)
    index, chunks = compare_features(
        q_feats, g_feats, ids, distance, memory, team
    )
    result = _roc(index, chunks, rates, team)
    if distance == 'euclidean':
        # The roots of all distances would cost time, and equal ones may get
        # roots that differ in their last bit.
        result = replace(result, threshold=np.sqrt(result.threshold))
    return result


@torch.no_grad()
def roc_distmat(
    distmat: ArrayLike,
    q_pids: Ids,
    g_pids: Ids,
    q_camids: Ids | None,
    g_camids: Ids | None,
    fprs: Sequence[float] = DEFAULT_FPRS,
    max_memory_mb: float = 512,
) -> RocResult:
    """Operating points over all pairs of a distance matrix.

    Args:
        distmat (ArrayLike): Distances, shape (Q, G). They are not changed.
        q_pids (Ids): Query identities, shape (Q,).
        g_pids (Ids): Gallery identities, shape (G,); -1 is junk.
        q_camids (Ids | None): Query cameras; None or -1 where unknown.
        g_camids (Ids | None): Gallery cameras; None or -1 where unknown.
        fprs (Sequence[float]): False positive rates. Defaults to 1e-2, 1e-3
            and 1e-4.
        max_memory_mb (float): As in :func:`roc_features`. Defaults to 512.

    Returns:
        RocResult: TPR and threshold at each rate.

    Raises:
        ValueError: As in :func:`roc_features`.
    """
    ids = (q_pids, g_pids, q_camids, g_camids)
    rates = _as_rates(fprs)
    memory = _left_for_chunks(max_memory_mb, math.prod(distmat.shape), rates)
    index, chunks = compare_distmat(distmat, ids, memory)
    return _roc(index, chunks, rates)


def _as_rates(fprs: Sequence[float]) -> np.ndarray:
    rates = np.asarray(fprs, dtype=np.float64)
    in_range = (rates >= 0) & (rates <= 1)
    if rates.ndim != 1 or len(rates) == 0 or not in_range.all():
        raise ValueError(f'fprs must be rates in 0..1, not {list(fprs)}.')
    return rates


def _left_for_chunks(
    max_memory_mb: float, num_pairs: int, rates: np.ndarray
) -> float:
    """The memory bound, less what the nearest negatives will take."""
    kept_mb = _BYTES_PER_KEPT * rates.max() * num_pairs / 2**20
    if kept_mb < 0.75 * max_memory_mb:
        return max_memory_mb - kept_mb
    return max_memory_mb / 4


def _roc(
    index: MatchIndex, chunks: Chunks, rates: np.ndarray, team: Team = ALONE
) -> RocResult:
    """Thresholds from the nearest negatives, then the matches below each."""
    num_negatives = index.count_negatives()
    # How many negatives each rate accepts; the next one is the threshold.
    # The factor keeps 0.29 * 100 = 28.999... from being cut to 28.
    accepted = np.floor(rates * num_negatives * (1 + 1e-12)).astype(np.int64)
    nearest = NearestPairs(min(int(accepted.max()) + 1, num_negatives))
    matches: list[np.ndarray] = []
    collect = partial(_collect, index, chunks, matches, nearest)
    num_matches = sum(team.agree(collect))
    if num_matches == 0 or num_negatives == 0:
        raise ValueError(
            f'a ROC needs matches and negatives, but there are '
            f'{num_matches} matching and {num_negatives} other pairs.'
        )
    thresholds = order_statistics(nearest.sorted(), accepted, team)
    below = team.agree(partial(_count_below, matches, thresholds))
    tpr = np.sum(below, axis=0) / num_matches
    return RocResult(rates, tpr, thresholds.astype(np.float64))


def _collect(
    index: MatchIndex,
    chunks: Chunks,
    matches: list[np.ndarray],
    nearest: NearestPairs,
) -> int:
    """Keep the distances of matches and negatives; number of the former."""
    for queries, distances in chunks:
        check_finite(queries, distances)
        rows, cols = index.hide_junk(queries, distances)
        matches.append(distances[rows, cols].cpu().numpy())
        distances[rows, cols] = torch.inf
        nearest.show(distances)
    return sum(map(len, matches))


def _count_below(
    matches: list[np.ndarray], thresholds: np.ndarray
) -> np.ndarray:
    """Matches that each threshold accepts."""
    counts = np.zeros(len(thresholds), dtype=np.int64)
    for part in matches:
        counts += (part < thresholds[:, None]).sum(axis=1)
    return counts
