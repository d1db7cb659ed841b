"""Rank as the metric of a config does, and show what it found."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from mmengine.evaluator import Evaluator

from aanet.evaluation import ReIDMetric
from aanet.evaluation.functional import (
    RankResult,
    rank_distmat,
    rank_features,
    re_ranking,
)
from aanet.evaluation.functional.chunks import (
    Chunks,
    compare_distmat,
    compare_features,
)
from aanet.evaluation.functional.protocol import MatchIndex
from aanet.evaluation.metrics import report
from aanet.evaluation.metrics.feature_set import FeatureSet
from aanet.visualization.ranked_list import ranked_lists
from aanet.visualization.ranking_row import RankingRow, ranking_rows


def find_reid_metric(evaluator: Evaluator) -> ReIDMetric:
    """The metric whose ranking is to be shown.

    Args:
        evaluator (Evaluator): Evaluator of a validation or a test.

    Returns:
        ReIDMetric: The first one among its metrics.

    Raises:
        ValueError: If there is none.
    """
    for metric in evaluator.metrics:
        if isinstance(metric, ReIDMetric):
            return metric
    raise ValueError(
        'ranked lists need a ReIDMetric: set '
        "test_evaluator=dict(type='ReIDMetric') in the config."
    )


class MetricRanking:
    """The ranking of a gallery, as a metric sees it.

    Args:
        metric (ReIDMetric): Brings distance, re-ranking and memory bound.
        features (FeatureSet): Query and gallery.

    Raises:
        ValueError: If the features cannot be ranked.
    """

    def __init__(self, metric: ReIDMetric, features: FeatureSet) -> None:
        self.metric = metric
        self.query = features.part('query')
        self.gallery = features.part('gallery')
        self._feats = self.query.features, self.gallery.features
        self._ids = (
            self.query.pids,
            self.gallery.pids,
            self.query.camids,
            self.gallery.camids,
        )
        self._distmat: np.ndarray | None = None
        if metric.rerank is not None:
            self._distmat = np.asarray(
                re_ranking(
                    *self._feats, distance=metric.distance, **metric.rerank
                )
            )
        self.result = self._rank()

    @property
    def ap(self) -> np.ndarray:
        """The metric's average precisions, NaN without a match, (Q,)."""
        step = self.metric.ap == 'step'
        spread = np.full(len(self.query.pids), np.nan)
        spread[self.result.valid] = (
            self.result.ap if step else self.result.ap_trapezoid
        )
        return spread

    @property
    def scores(self) -> dict[str, str]:
        """The main figures of the whole set, in percent."""
        figures = self._figures()
        ranks = [f'Rank-{rank}' for rank in self.metric.topk]
        names = [f'mAP ({self.metric.ap})', *ranks, 'mINP']
        return {name: f'{figures[name]}%' for name in names}

    @property
    def details(self) -> dict[str, str]:
        """All figures, what they were measured on, and how."""
        return {
            **report.data_rows(self.query, self.gallery, self.result),
            **report.method_rows(self.metric.distance, self.metric.rerank),
            **self._figures(),
        }

    def rows(self, queries: Sequence[int], topk: int) -> list[RankingRow]:
        """Describe the lists of some queries.

        Args:
            queries (Sequence[int]): Indices of queries that have a match.
            topk (int): Gallery images of each.

        Returns:
            list[RankingRow]: One row for each query.
        """
        lists = ranked_lists(*self._compare(), queries, topk)
        return ranking_rows(lists, self.query, self.gallery, self.metric.ap)

    def _rank(self) -> RankResult:
        rank = (
            partial(rank_features, *self._feats, distance=self.metric.distance)
            if self._distmat is None
            else partial(rank_distmat, self._distmat)
        )
        return rank(
            *self._ids,
            max_rank=self.metric.max_rank,
            max_memory_mb=self.metric.max_memory_mb,
        )

    def _compare(self) -> tuple[MatchIndex, Chunks]:
        """The distances once more, in the chunks that were ranked."""
        memory = self.metric.max_memory_mb
        if self._distmat is None:
            return compare_features(
                *self._feats, self._ids, self.metric.distance, memory
            )
        return compare_distmat(self._distmat, self._ids, memory)

    def _figures(self) -> dict[str, str]:
        return report.score_rows(self.result, self.metric.topk, self.metric.ap)
