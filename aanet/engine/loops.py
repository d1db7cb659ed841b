"""A training loop that goes on inside an epoch."""

from mmengine.runner import EpochBasedTrainLoop
from torch import nn

from aanet.registry import LOOPS


@LOOPS.register_module()
class ResumableEpochTrainLoop(EpochBasedTrainLoop):
    """Epoch-based training that resumes at the very iteration.

    mmengine's loop starts a resumed epoch from its first batch, which is
    right only for checkpoints written at the end of an epoch. Here the
    sampler skips the batches that the checkpoint has seen, without decoding
    them, so that ``CheckpointHook(by_epoch=False)`` works as well, and the
    interrupted run ends with the weights of the uninterrupted one. A run that
    died while it was validated is validated when it goes on: mmengine's loop
    would leave that out, and with it perhaps the best checkpoint.

    The arguments are those of mmengine's ``EpochBasedTrainLoop``. A sampler
    without ``set_start`` can only be resumed at an epoch's end.
    """

    def run(self) -> nn.Module:
        """Train, from wherever the run stands.

        Returns:
            nn.Module: The trained model.
        """
        self.runner.call_hook('before_train')
        if self._epoch and self._iter == self._epoch * len(self.dataloader):
            self._validate()
        while self._epoch < self._max_epochs and not self.stop_training:
            self.run_epoch()
            self._validate()
        self.runner.call_hook('after_train')
        return self.runner.model

    def _validate(self) -> None:
        """Validate, if it is due behind this epoch."""
        self._decide_current_val_interval()
        last = self._epoch == self._max_epochs
        if (
            self.runner.val_loop is not None
            and self._epoch >= self.val_begin
            and (last or self._epoch % self.val_interval == 0)
        ):
            self.runner.val_loop.run()

    def run_epoch(self) -> None:
        """Run the rest of the current epoch.

        Raises:
            ValueError: If the run resumes inside an epoch and the sampler
                cannot skip batches, or if the epoch has fewer of them.
        """
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        done = self._iter - self._epoch * len(self.dataloader)
        if done != len(self.dataloader):
            self._skip(done)
            for index, data_batch in enumerate(self.dataloader, start=done):
                self.run_iter(index, data_batch)
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1

    def _skip(self, batches: int) -> None:
        """Let the sampler leave out what the checkpoint has seen."""
        size = len(self.dataloader)
        if not 0 <= batches < size:
            raise ValueError(
                f'the checkpoint was written after {self._epoch} epochs and '
                f'{self._iter} iterations, but here an epoch has {size}: '
                'resume with the data, the batch size and the number of '
                'processes of that run, or start a new run from its weights '
                'with load_from.'
            )
        sampler = self.dataloader.sampler
        if hasattr(sampler, 'set_start'):
            sampler.set_start(batches)
        elif batches:
            raise ValueError(
                f'the checkpoint was written {batches} iterations into an '
                f'epoch, and {type(sampler).__name__} cannot skip them: '
                'resume from a checkpoint written at the end of an epoch '
                '(default_hooks.checkpoint.by_epoch=True).'
            )
