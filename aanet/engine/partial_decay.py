"""Learning rates that decay for a part of the model only."""

from typing import Any

from mmengine.optim import (
    DefaultOptimWrapperConstructor,
    MultiStepLR,
    OptimWrapper,
)
from torch import nn

from aanet.registry import OPTIM_WRAPPER_CONSTRUCTORS, PARAM_SCHEDULERS


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class NamedGroupConstructor(DefaultOptimWrapperConstructor):
    """mmengine's constructor, with each group named by its parameter.

    Needs a ``paramwise_cfg``, which makes a group of each parameter.
    """

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Build the optimizer wrapper.

        Args:
            model (nn.Module): The model to train.

        Returns:
            OptimWrapper: With a ``name`` in each parameter group.
        """
        wrapper = super().__call__(model)
        plain = getattr(model, 'module', model)
        names = {id(value): name for name, value in plain.named_parameters()}
        for group in wrapper.optimizer.param_groups:
            group['name'] = names[id(group['params'][0])]
        return wrapper


@PARAM_SCHEDULERS.register_module()
class PartialMultiStepLR(MultiStepLR):
    """Step decay that leaves a part of the model alone.

    The paper names the decay for "the convolution layers"; with
    ``skip='head.'`` the new layers keep their rate. Needs
    :class:`NamedGroupConstructor`.

    Args:
        *args (Any): As in mmengine's ``MultiStepLR``.
        skip (str): Prefix of the parameters that keep their rate.
        **kwargs (Any): As in mmengine's ``MultiStepLR``.

    Raises:
        ValueError: If the parameter groups have no names.
    """

    def __init__(self, *args: Any, skip: str, **kwargs: Any) -> None:
        self.skip = skip
        super().__init__(*args, **kwargs)

    def _get_value(self) -> list[float]:
        """Next rate of each group."""
        groups = self.optimizer.param_groups
        if not any('name' in group for group in groups):
            raise ValueError(
                'PartialMultiStepLR needs named parameter groups: set '
                "optim_wrapper.constructor='NamedGroupConstructor' and an "
                'optim_wrapper.paramwise_cfg.'
            )
        return [
            group['lr']
            if group.get('name', '').startswith(self.skip)
            else value
            for group, value in zip(groups, super()._get_value(), strict=True)
        ]
