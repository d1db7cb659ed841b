"""Verification: which distance still means "the same person"?

A pair is accepted if its distance is *below* a threshold. For each false
positive rate (FPR) asked for, the threshold is the largest one that accepts
at most that share of the negative pairs; the true positive rate (TPR) is the
share of matches that it accepts. All pairs that are not junk take part.

Only the distances of the matches and of the nearest negatives are kept, as
many as the largest FPR asks for: 1 % of all pairs by default.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from aanet.evaluation.functional.chunks import (
    Chunks,
    check_finite,
    compare_distmat,
    compare_features,
)
from aanet.evaluation.functional.inputs import ArrayLike, Ids
from aanet.evaluation.functional.protocol import MatchIndex

DEFAULT_FPRS = (1e-2, 1e-3, 1e-4)


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
        max_memory_mb (float): Bound of the temporaries of a chunk in MiB.
            Defaults to 512.

    Returns:
        RocResult: TPR and threshold at each rate.

    Raises:
        ValueError: If shapes do not fit, a distance is not finite, a rate
            lies outside 0..1, or there are no matches or no negatives.
    """
    ids = (q_pids, g_pids, q_camids, g_camids)
    index, chunks = compare_features(
        q_feats, g_feats, ids, distance, max_memory_mb
    )
    if distance == 'euclidean':
        chunks = ((queries, squared.sqrt_()) for queries, squared in chunks)
    return _roc(index, chunks, fprs)


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
        max_memory_mb (float): Bound of the temporaries of a chunk in MiB.
            Defaults to 512.

    Returns:
        RocResult: TPR and threshold at each rate.

    Raises:
        ValueError: As in :func:`roc_features`.
    """
    ids = (q_pids, g_pids, q_camids, g_camids)
    index, chunks = compare_distmat(distmat, ids, max_memory_mb)
    return _roc(index, chunks, fprs)


def _roc(
    index: MatchIndex, chunks: Chunks, fprs: Sequence[float]
) -> RocResult:
    """Thresholds from the nearest negatives, then the matches below each."""
    rates = np.asarray(fprs, dtype=np.float64)
    if rates.ndim != 1 or not ((rates >= 0) & (rates <= 1)).all():
        raise ValueError(f'fprs must be rates in 0..1, not {list(fprs)}.')
    num_negatives = index.count_negatives()
    # How many negatives each rate accepts; the next one is the threshold.
    # The factor keeps 0.29 * 100 = 28.999... from being cut to 28.
    accepted = np.floor(rates * num_negatives * (1 + 1e-12)).astype(np.int64)
    matches, negatives = _collect(index, chunks, int(accepted.max()) + 1)
    if len(matches) == 0 or num_negatives == 0:
        raise ValueError(
            f'a ROC needs matches and negatives, but there are '
            f'{len(matches)} matching and {num_negatives} other pairs.'
        )
    thresholds = np.append(negatives, np.inf)[accepted]
    below = np.searchsorted(matches, thresholds, side='left')
    return RocResult(rates, below / len(matches), thresholds)


def _collect(
    index: MatchIndex, chunks: Chunks, keep: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sorted distances of all matches and of the ``keep`` nearest negatives.

    If there are fewer negatives, all of them are returned.
    """
    matches, nearest, bound = [], np.zeros(0, np.float32), np.inf
    for queries, distances in chunks:
        check_finite(queries, distances)
        rows, cols = index.hide_junk(queries, distances)
        matches.append(distances[rows, cols].cpu().numpy())
        distances[rows, cols] = torch.inf
        candidates = distances[distances < bound].cpu().numpy()
        nearest = np.concatenate([nearest, candidates])
        if len(nearest) > keep:
            nearest = np.partition(nearest, keep - 1)[:keep]
            bound = nearest[-1]
    return np.sort(np.concatenate(matches)), np.sort(nearest)
