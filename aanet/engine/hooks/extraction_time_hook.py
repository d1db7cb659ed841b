"""How long the features of a test set take."""

import time

import torch
from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from aanet.registry import HOOKS


@HOOKS.register_module()
class ExtractionTimeHook(Hook):
    """Measure feature extraction, the paper's Table 2.

    The time of the model's steps on this rank, without data loading and
    ranking, goes into the message hub as ``extraction_seconds``, beside
    ``extraction_images`` and ``flip_test``; the metric prints them.
    """

    def _before_epoch(self, runner: Runner, mode: str = 'test') -> None:
        self._seconds = 0.0
        self._images = 0
        model = runner.model
        model = model.module if is_model_wrapper(model) else model
        flip_test = getattr(model, 'flip_test', None)
        runner.message_hub.update_info('flip_test', flip_test)

    def _before_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        mode: str = 'test',
    ) -> None:
        if mode == 'train':
            return
        self._synchronize()
        self._start = time.perf_counter()

    def _after_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: object = None,
        mode: str = 'test',
    ) -> None:
        if mode == 'train':
            return
        self._synchronize()
        self._seconds += time.perf_counter() - self._start
        self._images += len(data_batch['inputs']) if data_batch else 0
        hub = runner.message_hub
        hub.update_info('extraction_seconds', self._seconds)
        hub.update_info('extraction_images', self._images * get_world_size())

    def after_test_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Put the time of an image, in ms, into the test's log.

        Args:
            runner (Runner): The runner.
            metrics (dict[str, float] | None): Not used. Defaults to None.
        """
        hub = runner.message_hub
        images = hub.get_info('extraction_images')
        if images:
            milliseconds = 1000 * self._seconds / images
            hub.update_scalar('test/extraction_ms', milliseconds)

    @staticmethod
    def _synchronize() -> None:
        """Wait for the device, whose work is queued."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
