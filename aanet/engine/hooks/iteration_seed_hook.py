"""Random numbers of a step from (seed, iteration, rank) alone."""

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner

from aanet.registry import HOOKS


@HOOKS.register_module()
class IterationSeedHook(Hook):
    """Seed torch before each training step.

    What the model draws in a step, dropout above all, then depends on
    (seed, iteration, rank) and on nothing that happened before, so that a
    resumed run draws what the uninterrupted one would have drawn.
    """

    priority = 'VERY_HIGH'

    def before_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
    ) -> None:
        """Seed torch's generators.

        Args:
            runner (Runner): The runner.
            batch_idx (int): Index of the batch in its epoch.
            data_batch (dict | None): The batch. Defaults to None.
        """
        entropy = (runner.seed, runner.iter, get_rank())
        state = np.random.SeedSequence(entropy).generate_state(1, np.uint64)
        torch.manual_seed(int(state[0]))
