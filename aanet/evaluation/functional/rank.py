"""CMC, mAP and mINP at bounded memory, exact and stable at ties.

The protocol is that of :mod:`aanet.evaluation.functional.protocol`. The
queries are walked through in chunks: neither a Q x G matrix nor an argsort of
the gallery is ever made. Equal distances keep gallery order.

Letters: Q queries, G gallery images, D feature dimensions, V valid queries.
"""

from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import torch

from aanet.evaluation.functional.chunks import (
    Chunks,
    check_finite,
    compare_distmat,
    compare_features,
)
from aanet.evaluation.functional.inputs import ArrayLike, Ids
from aanet.evaluation.functional.positions import match_positions
from aanet.evaluation.functional.protocol import MatchIndex
from aanet.evaluation.functional.scores import QueryScores, score_queries
from aanet.evaluation.functional.team import ALONE, Team


@dataclass(frozen=True)
class RankResult:
    """How well the queries were ranked; all figures lie in 0..1.

    Attributes:
        cmc (np.ndarray): Cumulative match characteristic, (max_rank,): the
            share of valid queries with a match among the first k images.
            Beyond the end of a small gallery it keeps its last value.
        ap (np.ndarray): Step average precision of each valid query, (V,).
        ap_trapezoid (np.ndarray): Average precision as in the official
            Market-1501 code, (V,); usually a little lower.
        inp (np.ndarray): Inverse negative penalty of each valid query, (V,).
        valid (np.ndarray): Which queries have a match, (Q,) bool. The others
            are left out of every figure.
    """

    cmc: np.ndarray
    ap: np.ndarray
    ap_trapezoid: np.ndarray
    inp: np.ndarray
    valid: np.ndarray

    @property
    def mAP(self) -> float:
        """Mean of the step average precisions."""
        return float(self.ap.mean())

    @property
    def mAP_trapezoid(self) -> float:
        """Mean of the trapezoid average precisions."""
        return float(self.ap_trapezoid.mean())

    @property
    def mINP(self) -> float:
        """Mean inverse negative penalty."""
        return float(self.inp.mean())


@torch.no_grad()
def rank_features(
    q_feats: ArrayLike,
    g_feats: ArrayLike,
    q_pids: Ids,
    g_pids: Ids,
    q_camids: Ids | None,
    g_camids: Ids | None,
    distance: str = 'cosine',
    max_rank: int = 50,
    max_memory_mb: float = 512,
    team: Team = ALONE,
) -> RankResult:
    """Rank the gallery for each query by the distance of their features.

    Args:
        q_feats (ArrayLike): Query features, shape (Q, D), float32 or
            float64: they are ranked in the precision given.
        g_feats (ArrayLike): Gallery features, shape (G, D); the work is done
            on their device.
        q_pids (Ids): Query identities, shape (Q,).
        g_pids (Ids): Gallery identities, shape (G,); -1 is junk.
        q_camids (Ids | None): Query cameras; None or -1 where unknown.
        g_camids (Ids | None): Gallery cameras; None or -1 where unknown.
        distance (str): ``'cosine'`` or ``'euclidean'``. Defaults to
            ``'cosine'``.
        max_rank (int): Length of the CMC. Defaults to 50.
        max_memory_mb (float): Bound of the temporaries in MiB, features not
            counted, in each process. Defaults to 512.
        team (Team): Processes that share the queries; all get the result.
            Defaults to this one alone.

    Returns:
        RankResult: CMC, average precisions and inverse negative penalties.

    Raises:
        ValueError: If shapes do not fit, a distance is not finite, or no
            query has a match.
    """
    ids = (q_pids, g_pids, q_camids, g_camids)
    index, chunks = compare_features(
        q_feats, g_feats, ids, distance, max_memory_mb, team
    )
    return _rank(index, chunks, max_rank, team)


@torch.no_grad()
def rank_distmat(
    distmat: ArrayLike,
    q_pids: Ids,
    g_pids: Ids,
    q_camids: Ids | None,
    g_camids: Ids | None,
    max_rank: int = 50,
    max_memory_mb: float = 512,
) -> RankResult:
    """Rank the gallery for each query by given distances.

    Args:
        distmat (ArrayLike): Distances, shape (Q, G); any finite numbers, the
            smaller the more alike. They are not changed.
        q_pids (Ids): Query identities, shape (Q,).
        g_pids (Ids): Gallery identities, shape (G,); -1 is junk.
        q_camids (Ids | None): Query cameras; None or -1 where unknown.
        g_camids (Ids | None): Gallery cameras; None or -1 where unknown.
        max_rank (int): Length of the CMC. Defaults to 50.
        max_memory_mb (float): Bound of the temporaries in MiB. Defaults to
            512.

    Returns:
        RankResult: CMC, average precisions and inverse negative penalties.

    Raises:
        ValueError: If shapes do not fit, a distance is not finite, or no
            query has a match.
    """
    ids = (q_pids, g_pids, q_camids, g_camids)
    index, chunks = compare_distmat(distmat, ids, max_memory_mb)
    return _rank(index, chunks, max_rank)


def _rank(
    index: MatchIndex, chunks: Chunks, max_rank: int, team: Team = ALONE
) -> RankResult:
    """Score all chunks and put the scores together."""
    if max_rank < 1:
        raise ValueError(f'max_rank must be at least 1, not {max_rank}.')
    scores = chain(*team.agree(partial(_score, index, chunks)))
    merged = QueryScores(*map(np.concatenate, zip(*scores, strict=True)))
    if not merged.valid.any():
        raise ValueError(_no_match_message(index))
    return RankResult(
        cmc=_cmc(merged.first, max_rank),
        ap=merged.ap,
        ap_trapezoid=merged.ap_trapezoid,
        inp=merged.inp,
        valid=merged.valid,
    )


def _score(index: MatchIndex, chunks: Chunks) -> list[QueryScores]:
    """Scores of each chunk."""
    scores = []
    for queries, distances in chunks:
        check_finite(queries, distances)
        rows, cols = index.hide_junk(queries, distances)
        positions = match_positions(distances, rows, cols)
        scores.append(
            score_queries(
                rows.cpu().numpy(), positions.cpu().numpy(), len(distances)
            )
        )
    return scores


def _cmc(first: np.ndarray, max_rank: int) -> np.ndarray:
    """Share of first matches at position 0..k, for each k < max_rank."""
    hits = np.bincount(first[first < max_rank], minlength=max_rank)
    return hits.cumsum() / len(first)


def _no_match_message(index: MatchIndex) -> str:
    known = np.isin(index.q_pids, index.g_pids)
    same_camera_only = int((known & (index.q_pids != -1)).sum())
    total = len(known)
    return (
        f'none of the {total} queries has a match in the gallery: '
        f'{total - same_camera_only} have an identity that the gallery lacks '
        f'or -1, and {same_camera_only} are there only under their own '
        'camera, which does not count. Check that query and gallery share '
        'identities; for data without cameras pass camids=None (or -1).'
    )
