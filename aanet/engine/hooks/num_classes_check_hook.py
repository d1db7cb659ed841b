"""Does the model have a class for each training identity?"""

from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn

from aanet.registry import HOOKS


@HOOKS.register_module()
class NumClassesCheckHook(Hook):
    """Check every ``num_classes`` of the model against the data set."""

    def before_train(self, runner: Runner) -> None:
        """Compare before the first step.

        Args:
            runner (Runner): The runner.

        Raises:
            ValueError: If a part of the model has another number of classes
                than the training set has identities.
        """
        model = runner.model
        check_num_classes(
            model.module if is_model_wrapper(model) else model,
            runner.train_dataloader.dataset,
        )


def check_num_classes(model: nn.Module, dataset: Any) -> None:
    """Compare a model with the set that it trains on.

    Args:
        model (nn.Module): The model.
        dataset (Any): The training set; one that does not know how many
            identities it has is not compared.

    Raises:
        ValueError: If a part of the model has another number of classes
            than the training set has identities.
    """
    metainfo = getattr(dataset, 'metainfo', {})
    num_ids = metainfo.get('num_ids')
    if num_ids is None:
        return
    for name, part in model.named_children():
        num_classes = getattr(part, 'num_classes', None)
        if num_classes not in (None, num_ids):
            raise ValueError(
                f'model.{name}.num_classes is {num_classes}, but '
                f'{metainfo.get("dataset", "the training set")} has '
                f'{num_ids} training identities: set '
                f'model.{name}.num_classes={num_ids}.'
            )
