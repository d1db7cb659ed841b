"""Images per second in the log."""

from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner

from aanet.registry import HOOKS


@HOOKS.register_module()
class ThroughputHook(Hook):
    """Log ``images_per_s``, over all ranks and data loading included."""

    # Behind IterTimerHook, whose time it reads, and before LoggerHook.
    priority = 'NORMAL'

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Record the speed of the step.

        Args:
            runner (Runner): The runner.
            batch_idx (int): Index of the batch in its epoch.
            data_batch (dict | None): The batch. Defaults to None.
            outputs (dict | None): The losses. Defaults to None.
        """
        seconds = runner.message_hub.get_scalar('train/time').current()
        images = runner.train_dataloader.batch_size * get_world_size()
        runner.message_hub.update_scalar(
            'train/images_per_s', images / max(seconds, 1e-9)
        )
