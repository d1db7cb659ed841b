"""What an exported model loses on a test set."""

from collections.abc import Sequence

import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.runner import Runner
from mmengine.utils import track_iter_progress
from mmpretrain.structures import DataSample
from prettytable import PrettyTable
from torch import Tensor

from aanet.apis.backends import Backend
from aanet.evaluation import ReIDMetric
from aanet.evaluation.functional import RankResult
from aanet.evaluation.metrics.feature_set import FeatureSet, record
from aanet.visualization import MetricRanking, find_reid_metric


def rank_both(
    cfg: Config, original: Backend, exported: Backend
) -> tuple[RankResult, RankResult]:
    """Rank the test set by PyTorch and by an exported model.

    As the config's metric does: its distance, and its re-ranking.

    Args:
        cfg (Config): Brings test set and metric.
        original (Backend): PyTorch's model.
        exported (Backend): The exported one.

    Returns:
        tuple[RankResult, RankResult]: PyTorch's ranking and the other one.
    """
    metric = find_reid_metric(Evaluator(cfg.test_evaluator))
    loader = Runner.build_dataloader(cfg.test_dataloader, seed=0)
    ours: list[dict] = []
    theirs: list[dict] = []
    for batch in track_iter_progress((loader, len(loader))):
        images, samples = batch['inputs'], batch['data_samples']
        if not isinstance(images, Tensor):
            images = torch.stack(images)
        ours += _records(original(images), samples)
        theirs += _records(exported(images), samples)
    print()
    return _rank(metric, ours), _rank(metric, theirs)


def score_table(torch_rank: RankResult, file_rank: RankResult) -> str:
    """Scores of the test set, side by side.

    Args:
        torch_rank (RankResult): Of PyTorch.
        file_rank (RankResult): Of the file.

    Returns:
        str: A table.
    """
    table = PrettyTable(['test set', 'PyTorch', 'file', 'change'], align='r')
    table.align['test set'] = 'l'
    for name, ours, theirs in (
        ('mAP (step)', torch_rank.mAP, file_rank.mAP),
        ('Rank-1', torch_rank.cmc[0], file_rank.cmc[0]),
    ):
        change = 100 * (theirs - ours)
        table.add_row(
            [
                name,
                f'{100 * ours:.2f}',
                f'{100 * theirs:.2f}',
                f'{change:+.2f}',
            ]
        )
    return table.get_string()


def _records(feats: Tensor, samples: Sequence[DataSample]) -> list[dict]:
    """What the metric would keep of a batch."""
    return [
        record({**sample.to_dict(), 'pred_feature': feature})
        for feature, sample in zip(feats, samples, strict=True)
    ]


def _rank(metric: ReIDMetric, records: list[dict]) -> RankResult:
    return MetricRanking(metric, FeatureSet.from_results(records)).result
