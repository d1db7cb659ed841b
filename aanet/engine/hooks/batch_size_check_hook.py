"""Does a batch hold what the identity sampler draws?"""

from mmengine.hooks import Hook
from mmengine.runner import Runner

from aanet.registry import HOOKS


@HOOKS.register_module()
class BatchSizeCheckHook(Hook):
    """Check that a batch is the P x K images of the identity sampler."""

    def before_train(self, runner: Runner) -> None:
        """Compare before the first step.

        Args:
            runner (Runner): The runner.

        Raises:
            ValueError: If ``batch_size`` is not ``num_ids * num_instances``.
        """
        loader = runner.train_dataloader
        sampler = loader.sampler
        if not hasattr(sampler, 'num_instances'):
            return
        expected = sampler.num_ids * sampler.num_instances
        if loader.batch_size != expected:
            raise ValueError(
                f'train_dataloader.batch_size is {loader.batch_size}, but '
                f'train_dataloader.sampler draws num_ids={sampler.num_ids} x '
                f'num_instances={sampler.num_instances} = {expected} images: '
                f'set batch_size={expected}, or change the sampler.'
            )
