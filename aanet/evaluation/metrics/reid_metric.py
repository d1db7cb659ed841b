"""Collects features of query and gallery and ranks them."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
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
from aanet.evaluation.functional.re_ranking import check_re_ranking
from aanet.evaluation.metrics import report
from aanet.evaluation.metrics.feature_set import FeatureSet, record
from aanet.registry import METRICS

_RERANK_DEFAULTS = {'k1': 20, 'k2': 6, 'lambda_value': 0.3}


@METRICS.register_module()
class ReIDMetric(BaseMetric):
    """CMC, mAP and mINP of person re-identification, in percent.

    Follows the single-query protocol of Market-1501 (see
    :mod:`aanet.evaluation.functional.protocol`). The returned figures are
    not rounded; a table in the log shows them with all their conditions.

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
            MiB. Defaults to 512.
        out_file (str | None): An ``.npz`` file for all features and ids.
            Defaults to None.
        collect_device (str): ``'cpu'`` or ``'gpu'``, where the processes
            exchange their results. Defaults to ``'cpu'``.
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
        self.rerank = _complete_rerank(rerank)
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

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Rank the gallery for every query.

        Args:
            results (list): What :meth:`process` kept, of all processes.

        Returns:
            dict[str, float]: ``mAP``, ``Rank-k``, ``mINP`` in percent; with
            ``roc`` also ``TPR@FPR=...`` in percent and
            ``threshold@FPR=...`` in units of the distance.

        Raises:
            ValueError: If query or gallery are missing, or cannot be ranked.
        """
        features = FeatureSet.from_results(results)
        dataset = (self.dataset_meta or {}).get('dataset', 'unknown')
        if self.out_file is not None:
            features.save(self.out_file, dataset)
        query, gallery = features.part('query'), features.part('gallery')
        result, roc = self._rank(query, gallery)
        rates = _roc_rates(roc)
        rows = {
            'data set': dataset,
            **report.data_rows(query, gallery, result),
            **report.method_rows(self.distance, self.rerank),
            **report.score_rows(result, self.topk, self.ap),
            **{name: f'{value:.4f}' for name, value in rates.items()},
            **report.timing_rows(),
        }
        print_log('\n' + report.render(rows), logger='current')
        return {**self._figures(result), **rates}

    def _rank(
        self, query: FeatureSet, gallery: FeatureSet
    ) -> tuple[RankResult, RocResult | None]:
        """Rank by features, or by re-ranked distances."""
        feats = query.features, gallery.features
        ids = query.pids, gallery.pids, query.camids, gallery.camids
        if self.rerank is None:
            rank = partial(rank_features, *feats, distance=self.distance)
            roc = partial(roc_features, *feats, distance=self.distance)
        else:
            distmat = re_ranking(*feats, distance=self.distance, **self.rerank)
            rank = partial(rank_distmat, distmat)
            roc = partial(roc_distmat, distmat)
        memory = self.max_memory_mb
        result = rank(*ids, max_rank=self.max_rank, max_memory_mb=memory)
        return result, roc(*ids, max_memory_mb=memory) if self.roc else None

    def _figures(self, result: RankResult) -> dict[str, float]:
        mean_ap = result.mAP if self.ap == 'step' else result.mAP_trapezoid
        cmc = {f'Rank-{k}': result.cmc[k - 1] for k in self.topk}
        shares = {'mAP': mean_ap, **cmc, 'mINP': result.mINP}
        return {name: 100 * float(share) for name, share in shares.items()}


def _complete_rerank(rerank: dict[str, Any] | None) -> dict[str, Any] | None:
    """Check the options of the re-ranking and fill in its defaults."""
    if rerank is None:
        return None
    unknown = set(rerank) - set(_RERANK_DEFAULTS)
    if unknown:
        raise ValueError(
            f'rerank of ReIDMetric has no option {sorted(unknown)}: it takes '
            f'{sorted(_RERANK_DEFAULTS)}.'
        )
    complete = {**_RERANK_DEFAULTS, **rerank}
    check_re_ranking(**complete)
    return complete


def _roc_rates(roc: RocResult | None) -> dict[str, float]:
    """Operating points under their names, rates in percent."""
    if roc is None:
        return {}
    rates = {}
    for fpr, tpr, threshold in zip(
        roc.fpr, roc.tpr, roc.threshold, strict=True
    ):
        name = np.format_float_scientific(fpr, trim='-', exp_digits=1)
        rates[f'TPR@FPR={name}'] = 100 * float(tpr)
        rates[f'threshold@FPR={name}'] = float(threshold)
    return rates
