"""A hook for configs of tests: the disk is full from some step on."""

from mmengine.hooks import Hook
from mmengine.runner import Runner

from aanet.registry import HOOKS
from tests.helpers.forked import limit_files


@HOOKS.register_module()
class FullDiskHook(Hook):
    """Let every write to a file fail once the third step begins."""

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Fill the disk, for this process."""
        if runner.iter == 2:
            limit_files(0)
