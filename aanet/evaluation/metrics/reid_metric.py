"""Collects features of query and gallery and ranks them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from aanet.evaluation.functional import (
    RankResult,
    RocResult,
    rank_distmat,
    rank_features,
    re_ranking,
    roc_distmat,
    roc_features,
)
from aanet.evaluation.functional.distance import check_distance
from aanet.evaluation.functional.team import ALONE, Team, by_first
from aanet.evaluation.metrics import report
from aanet.evaluation.metrics.feature_set import FeatureSet, record
from aanet.evaluation.metrics.gathering import gather_features
from aanet.evaluation.metrics.processes import Processes
from aanet.evaluation.metrics.rerank_options import complete_rerank
from aanet.registry import METRICS

Ranking = tuple[RankResult, RocResult | None]


@METRICS.register_module()
class ReIDMetric(BaseMetric):
    """CMC, mAP and mINP of person re-identification, in percent.

    Follows the single-query protocol of Market-1501 (see
    :mod:`aanet.evaluation.functional.protocol`). The returned figures are
    not rounded; a table in the log shows them with all their conditions.
    Several processes share the queries and give the figures of one; the
    first alone re-ranks.

    Args:
        distance (str): ``'cosine'`` or ``'euclidean'``. Defaults to
            ``'cosine'``.
        topk (Sequence[int]): Ranks of the CMC to report. Defaults to
            (1, 5, 10).
        max_rank (int): Length of the CMC. Defaults to 50.
        ap (str): Which average precision ``mAP`` reports: ``'step'``, as
            most toolboxes, or ``'trapezoid'``, as the official Market-1501
            code. The table shows both. Defaults to ``'step'``.
        rerank (dict | None): Options ``k1``, ``k2``, ``lambda_value`` of the
            k-reciprocal re-ranking; an empty dict takes its defaults.
            Defaults to None, which is no re-ranking.
        roc (bool): Whether to report true positive rates and thresholds at
            false positive rates of 1e-2, 1e-3 and 1e-4. Defaults to False.
        max_memory_mb (float): Bound of the temporaries of the ranking in
            MiB, in each process; the features and re-ranked distances are
            not counted. Defaults to 512.
        out_file (str | None): An ``.npz`` file for all features and ids.
            Defaults to None.
        collect_device (str): ``'cpu'`` or ``'gpu'``, the memory through
            which processes exchange features. Defaults to ``'cpu'``.
        prefix (str | None): Replaces ``'reid'`` in the names of the figures.
            Defaults to None.

    Raises:
        ValueError: If an option is unknown or out of range.
    """

    default_prefix = 'reid'

    def __init__(
        self,
        distance: str = 'cosine',
        topk: Sequence[int] = (1, 5, 10),
        max_rank: int = 50,
        ap: str = 'step',
        rerank: dict[str, Any] | None = None,
        roc: bool = False,
        max_memory_mb: float = 512,
        out_file: str | None = None,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        check_distance(distance)
        if not topk or min(topk) < 1 or max(topk) > max_rank:
            raise ValueError(
                f'topk of ReIDMetric must lie in 1..max_rank ({max_rank}), '
                f'not {topk}.'
            )
        if ap not in ('step', 'trapezoid'):
            raise ValueError(
                f"ap of ReIDMetric must be 'step' or 'trapezoid', not {ap!r}."
            )
        if out_file is not None and not out_file.endswith('.npz'):
            raise ValueError(
                f'out_file of ReIDMetric must end in .npz, not {out_file!r}.'
            )
        self.distance = distance
        self.topk = tuple(topk)
        self.max_rank = max_rank
        self.ap = ap
        self.rerank = complete_rerank(rerank)
        self.roc = roc
        self.max_memory_mb = max_memory_mb
        self.out_file = out_file

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep what the ranking needs of each image, on the CPU.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Each with ``pred_feature`` (D,),
                ``gt_label`` (one identity), ``split``, and if known
                ``camid`` and ``img_path``.

        Raises:
            ValueError: If a field is missing or the split is unknown.
        """
        self.results.extend(map(record, data_samples))

    def evaluate(self, size: int) -> dict[str, float]:
        """Rank the gallery, each process for a share of the queries.

        Args:
            size (int): Images in the data set; what the sampler added to
                them is left out.

        Returns:
            dict[str, float]: As :meth:`compute_metrics` returns it, with the
            prefix before the names; the same on every process.

        Raises:
            ValueError: On every process, if query or gallery are missing,
                or cannot be ranked.
        """
        processes = Processes(self.collect_device)
        features = gather_features(self.results, size, processes)
        self.results.clear()
        figures = self._evaluate(features, processes)
        return {f'{self.prefix}/{name}': v for name, v in figures.items()}

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Rank the gallery for every query, in this process alone.

        Args:
            results (list): What :meth:`process` kept, of all processes.

        Returns:
            dict[str, float]: ``mAP``, ``Rank-k``, ``mINP`` in percent; with
            ``roc`` also ``TPR@FPR=...`` in percent and
            ``threshold@FPR=...`` in units of the distance.

        Raises:
            ValueError: If query or gallery are missing, or cannot be ranked.
        """
        return self._evaluate(FeatureSet.from_results(results), ALONE)

    def _evaluate(self, features: FeatureSet, team: Team) -> dict[str, float]:
        """Save, rank and print."""
        dataset = (self.dataset_meta or {}).get('dataset', 'unknown')
        if self.out_file is not None:
            by_first(team, partial(features.save, self.out_file, dataset))
        query, gallery = features.part('query'), features.part('gallery')
        result, roc = self._rank(query, gallery, team)
        rates = report.roc_figures(roc)
        rows = {
            'data set': dataset,
            **report.data_rows(query, gallery, result),
            **report.method_rows(self.distance, self.rerank),
            **report.score_rows(result, self.topk, self.ap),
            **{name: f'{value:.4f}' for name, value in rates.items()},
            **report.timing_rows(),
        }
        if team.rank == 0:
            print_log('\n' + report.render(rows), logger='current')
        return {**report.score_figures(result, self.topk, self.ap), **rates}

    def _rank(
        self, query: FeatureSet, gallery: FeatureSet, team: Team
    ) -> Ranking:
        """Rank by features, or by re-ranked distances."""
        feats = query.features, gallery.features
        ids = query.pids, gallery.pids, query.camids, gallery.camids
        if self.rerank is not None:
            return by_first(team, partial(self._rank_again, feats, ids))
        options: dict[str, Any] = {'distance': self.distance, 'team': team}
        return self._score(
            partial(rank_features, *feats, **options),
            partial(roc_features, *feats, **options),
            ids,
        )

    def _rank_again(self, feats: tuple, ids: tuple) -> Ranking:
        """Rank by re-ranked distances."""
        rerank: dict[str, Any] = self.rerank or {}
        distmat = re_ranking(*feats, **{'distance': self.distance, **rerank})
        return self._score(
            partial(rank_distmat, distmat), partial(roc_distmat, distmat), ids
        )

    def _score(self, rank: Callable, roc: Callable, ids: tuple) -> Ranking:
        memory = self.max_memory_mb
        result = rank(*ids, max_rank=self.max_rank, max_memory_mb=memory)
        return result, roc(*ids, max_memory_mb=memory) if self.roc else None
