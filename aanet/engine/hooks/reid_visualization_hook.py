"""Ranked lists beside the curves of a run."""

import logging
from dataclasses import replace

import numpy as np
from mmengine.dist import get_world_size, is_main_process
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import BaseLoop, Runner

from aanet.evaluation import ReIDMetric
from aanet.evaluation.functional.chunks import compare_features
from aanet.evaluation.functional.protocol import MatchIndex
from aanet.evaluation.metrics.feature_set import FeatureSet
from aanet.registry import HOOKS
from aanet.visualization import (
    LEGEND,
    RankedList,
    find_reid_metric,
    ranked_lists,
    ranking_rows,
    ranking_sheet,
)


@HOOKS.register_module()
class ReIDVisualizationHook(Hook):
    """Show ranked lists of a few queries at each validation and test.

    The sheet goes to the back ends of the visualizer (a file, TensorBoard).
    The features are those that the metric has collected, and the queries are
    the same each time, so that their lists can be followed. They are ranked
    by the metric's distance, without its re-ranking.

    On several processes, the main one ranks only the images that it has seen
    itself: its lists are drawn from a part of the gallery.

    Args:
        interval (int): Show every n-th validation. Defaults to 1.
        num_queries (int): Queries to show. Defaults to 4.
        topk (int): Gallery images of each. Defaults to 8.
        seed (int): Chooses the queries. Defaults to 0.

    Raises:
        ValueError: If a number is not positive.
    """

    # Behind the hooks that measure time, which drawing must not lengthen.
    priority = 'VERY_LOW'

    def __init__(
        self,
        interval: int = 1,
        num_queries: int = 4,
        topk: int = 8,
        seed: int = 0,
    ) -> None:
        numbers = dict(interval=interval, num_queries=num_queries, topk=topk)
        for name, number in numbers.items():
            if number < 1:
                raise ValueError(
                    f'{name} of ReIDVisualizationHook must be at least 1, '
                    f'not {number}.'
                )
        self.interval = interval
        self.num_queries = num_queries
        self.topk = topk
        self.seed = seed
        self._validations = 0

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: object = None,
    ) -> None:
        """Show the lists after the last batch of a validation.

        Args:
            runner (Runner): The runner.
            batch_idx (int): Index of the batch.
            data_batch (dict | None): The batch. Defaults to None.
            outputs (object): What the model made of it. Defaults to None.
        """
        if not self.end_of_epoch(runner.val_loop.dataloader, batch_idx):
            return
        self._validations += 1
        if self._validations % self.interval == 0:
            self._show(runner, runner.val_loop, 'val_ranking')

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: object = None,
    ) -> None:
        """Show the lists after the last batch of a test.

        Args:
            runner (Runner): The runner.
            batch_idx (int): Index of the batch.
            data_batch (dict | None): The batch. Defaults to None.
            outputs (object): What the model made of it. Defaults to None.
        """
        if self.end_of_epoch(runner.test_loop.dataloader, batch_idx):
            self._show(runner, runner.test_loop, 'test_ranking')

    def _show(self, runner: Runner, loop: BaseLoop, name: str) -> None:
        """Rank what the metric holds, and send a sheet."""
        if not is_main_process():
            return
        metric = find_reid_metric(loop.evaluator)
        try:
            features = FeatureSet.from_results(metric.results)
            query, gallery = features.part('query'), features.part('gallery')
            lists = self._rank(query, gallery, metric)
            rows = ranking_rows(lists, query, gallery, metric.ap)
            where = f'Ranked lists at iteration {runner.iter}'
            sheet = ranking_sheet(rows, where, self._subtitle(gallery))
        except (ValueError, FileNotFoundError) as error:
            # A picture is not worth a training run.
            print_log(
                f'ReIDVisualizationHook shows nothing: {error}',
                logger='current',
                level=logging.WARNING,
            )
            return
        runner.visualizer.add_image(name, sheet, step=runner.iter)

    def _rank(
        self, query: FeatureSet, gallery: FeatureSet, metric: ReIDMetric
    ) -> list[RankedList]:
        """Ranked lists of the queries chosen."""
        chosen = self._choose(query, gallery)
        ids = (
            query.pids[chosen],
            gallery.pids,
            query.camids[chosen],
            gallery.camids,
        )
        index, chunks = compare_features(
            query.features[chosen],
            gallery.features,
            ids,
            metric.distance,
            metric.max_memory_mb,
        )
        lists = ranked_lists(index, chunks, range(len(chosen)), self.topk)
        return [
            replace(item, query=int(number))
            for item, number in zip(lists, chosen, strict=True)
        ]

    def _choose(self, query: FeatureSet, gallery: FeatureSet) -> np.ndarray:
        """Random queries, of those that have a match."""
        everything = slice(0, len(query.pids))
        index = MatchIndex(
            query.pids,
            gallery.pids,
            query.camids,
            gallery.camids,
            len(query.pids),
            len(gallery.pids),
        )
        pairs = index.pairs(everything)
        candidates = np.unique(pairs.rows[~pairs.junk])
        if len(candidates) == 0:
            raise ValueError('no query has a match.')
        size = min(self.num_queries, len(candidates))
        rng = np.random.default_rng(self.seed)
        return np.sort(rng.choice(candidates, size, replace=False))

    @staticmethod
    def _subtitle(gallery: FeatureSet) -> str:
        processes = get_world_size()
        if processes == 1:
            return LEGEND
        return (
            f'{LEGEND}\nRanked are only the {len(gallery.pids)} gallery '
            f'images seen by the first of {processes} processes.'
        )
