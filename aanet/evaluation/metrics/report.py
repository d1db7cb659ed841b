"""The table that a re-ID evaluation prints: figures and their conditions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from mmengine.logging import MessageHub
from prettytable import PrettyTable

from aanet.evaluation.functional import RankResult, RocResult
from aanet.evaluation.metrics.feature_set import FeatureSet

Rows = dict[str, str]


def render(rows: Mapping[str, str]) -> str:
    """A table of two columns.

    Args:
        rows (Mapping[str, str]): Name and value of each row.

    Returns:
        str: The table, without a trailing line break.
    """
    table = PrettyTable(['re-ID evaluation', 'value'], align='l')
    table.add_rows([list(row) for row in rows.items()])
    return table.get_string()


def percent(share: float) -> str:
    """A share in 0..1 as percent with one decimal."""
    return f'{100 * share:.1f}'


def data_rows(
    query: FeatureSet, gallery: FeatureSet, result: RankResult
) -> Rows:
    """What was evaluated, and what of it does not count.

    Args:
        query (FeatureSet): The query images.
        gallery (FeatureSet): The gallery images.
        result (RankResult): Their ranking.

    Returns:
        Rows: Numbers of images, identities, cameras, and exclusions.
    """
    junk = gallery.pids == -1
    named = gallery.pids > 0
    distractors = ~junk & ~np.isin(gallery.pids, query.pids)
    cameras = np.union1d(query.camids, gallery.camids)
    known = len(cameras[cameras != -1])
    return {
        'query images': str(len(query.pids)),
        'query identities': str(len(np.unique(query.pids))),
        'queries without a match (excluded)': str((~result.valid).sum()),
        'gallery images': str(len(gallery.pids)),
        'gallery identities': str(len(np.unique(gallery.pids[named]))),
        'gallery junk (identity -1)': str(junk.sum()),
        'gallery distractors (in no query)': str(distractors.sum()),
        'cameras': str(known) if known else 'unknown: none is excluded',
    }


def method_rows(distance: str, rerank: Mapping[str, Any] | None) -> Rows:
    """How the images were compared.

    Args:
        distance (str): Name of the distance.
        rerank (Mapping | None): Options of the re-ranking, None without.

    Returns:
        Rows: Distance, re-ranking, and the flip test if the model reported
        it in the current message hub.
    """
    options = ', '.join(f'{k}={v}' for k, v in (rerank or {}).items())
    rows = {
        'distance': distance,
        're-ranked': 'no' if rerank is None else f'yes ({options})',
    }
    flip = MessageHub.get_current_instance().get_info('flip_test')
    if flip is not None:
        rows['flip test'] = 'yes' if flip else 'no'
    return rows


def score_rows(result: RankResult, topk: tuple[int, ...], ap: str) -> Rows:
    """The figures in percent, both average precisions by name.

    Args:
        result (RankResult): The ranking.
        topk (tuple[int, ...]): Ranks of the CMC to show.
        ap (str): Which average precision ``mAP`` stands for.

    Returns:
        Rows: CMC, mAP and mINP.
    """
    cmc = {f'Rank-{k}': percent(result.cmc[k - 1]) for k in topk}
    return {
        **cmc,
        'mAP (step)': percent(result.mAP),
        'mAP (trapezoid)': percent(result.mAP_trapezoid),
        '"mAP" stands for': ap,
        'mINP': percent(result.mINP),
    }


def score_figures(
    result: RankResult, topk: tuple[int, ...], ap: str
) -> dict[str, float]:
    """The figures in percent, as they are.

    Args:
        result (RankResult): The ranking.
        topk (tuple[int, ...]): Ranks of the CMC.
        ap (str): Which average precision ``mAP`` is.

    Returns:
        dict[str, float]: ``mAP``, ``Rank-k``, ``mINP``.
    """
    mean_ap = result.mAP if ap == 'step' else result.mAP_trapezoid
    cmc = {f'Rank-{k}': result.cmc[k - 1] for k in topk}
    shares = {'mAP': mean_ap, **cmc, 'mINP': result.mINP}
    return {name: 100 * float(share) for name, share in shares.items()}


def timing_rows() -> Rows:
    """Time of the feature extraction, if the message hub knows it.

    Returns:
        Rows: One row, or none.
    """
    hub = MessageHub.get_current_instance()
    seconds = hub.get_info('extraction_seconds')
    images = hub.get_info('extraction_images')
    if not images or seconds is None:
        return {}
    return {
        'feature extraction': f'{1000 * seconds / images:.2f} ms per image, '
        f'{seconds:.1f} s in total'
    }


def roc_figures(roc: RocResult | None) -> dict[str, float]:
    """Operating points under their names.

    Args:
        roc (RocResult | None): The operating points, None for none.

    Returns:
        dict[str, float]: Rates in percent, thresholds as they are.
    """
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
