"""How many training images could not be read?"""

import logging

import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner

from aanet.registry import HOOKS

_NAMED = 5
"""Files to name; the checker lists them all."""


@HOOKS.register_module()
class SkippedImagesHook(Hook):
    """Log the number of images that ``skip_unreadable`` has left out.

    Each file counts once, whichever worker of whichever process has met it.
    A line comes at the end of each epoch in which there are some, and at the
    end of training in any case. Data sets that skip nothing are left alone.
    """

    def after_train_epoch(self, runner: Runner) -> None:
        """Warn of images skipped so far.

        Args:
            runner (Runner): The runner.
        """
        # mmengine drops a warning whose text it has seen before.
        when = f'up to epoch {runner.epoch + 1}'
        self._report(runner, when, even_none=False)

    def after_train(self, runner: Runner) -> None:
        """Say how many there were, none included.

        Args:
            runner (Runner): The runner.
        """
        self._report(runner, 'in this run', even_none=True)

    def _report(self, runner: Runner, when: str, even_none: bool) -> None:
        dataset = runner.train_dataloader.dataset
        if not getattr(dataset, 'skip_unreadable', False):
            return
        skipped = dataset.skipped.to(torch.uint8)
        all_reduce(skipped, op='max')
        indices = skipped.nonzero().flatten().tolist()
        if not (indices or even_none):
            return
        names = [
            dataset.get_data_info(index)['img_path']
            for index in indices[:_NAMED]
        ]
        more = ' and others' * (len(indices) > _NAMED)
        print_log(
            f'{len(indices)} of {len(dataset)} training images could not be '
            f'read {when}, and others took their place'
            + (f': {", ".join(names)}{more}.' if names else '.'),
            logger='current',
            level=logging.WARNING if indices else logging.INFO,
        )
