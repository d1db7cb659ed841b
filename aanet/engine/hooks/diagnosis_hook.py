"""What each component does, beside the curves of a run."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapperDict
from mmengine.runner import Runner
from torch import nn

from aanet.diagnosis.measure import check_model, measure
from aanet.registry import HOOKS
from aanet.utils.training_log import DIAGNOSIS


@HOOKS.register_module()
class DiagnosisHook(Hook):
    """Measure gradients, gates, crops and distances every few steps.

    The figures of :func:`aanet.diagnosis.measure`, with ``diagnosis/``
    before their names, go to the back ends of the visualizer
    (``scalars.json``, TensorBoard). They are those of the step that follows,
    on its own batch, and in its precision; the weights that the training
    ends with are those without the hook, to the bit.

    A measured step takes a few times as long, which its logged ``time``
    includes, and more memory for the gradients. On several processes each
    one measures, and the main one's figures are logged; they are of its own
    batch, except the distances of a loss that gathers the batches.

    Args:
        interval (int): Measure every n-th step. Defaults to 100.

    Raises:
        ValueError: If the interval is not positive.
    """

    # Behind the hook that seeds the step.
    priority = 'VERY_LOW'

    def __init__(self, interval: int = 100) -> None:
        if interval < 1:
            raise ValueError(
                'interval of DiagnosisHook must be at least 1, not '
                f'{interval}.'
            )
        self.interval = interval

    def before_train(self, runner: Runner) -> None:
        """Refuse a model that cannot be measured before the first step.

        Args:
            runner (Runner): The runner.

        Raises:
            ValueError: If the model is no :class:`aanet.models.ReIDNet`.
        """
        check_model(_bare(runner.model))

    def before_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
    ) -> None:
        """Measure the step that is about to come, if it is its turn.

        Args:
            runner (Runner): The runner.
            batch_idx (int): Index of the batch in its epoch.
            data_batch (dict | None): The batch. Defaults to None.
        """
        if not self.every_n_train_iters(runner, self.interval):
            return
        assert data_batch is not None
        figures = measure(
            _bare(runner.model),
            data_batch,
            _forward_context(runner),
            _loss_scale(runner.optim_wrapper),
        )
        # Counted as the log counts, from 1.
        runner.visualizer.add_scalars(
            {DIAGNOSIS + name: value for name, value in figures.items()},
            step=runner.iter + 1,
        )


def _bare(model: Any) -> nn.Module:
    """The model without what distributes it."""
    return model.module if is_model_wrapper(model) else model


def _forward_context(runner: Runner) -> AbstractContextManager:
    """The precision that the step has."""
    wrapper = runner.optim_wrapper
    if isinstance(wrapper, OptimWrapperDict):
        return nullcontext()
    return wrapper.optim_context(runner.model)


def _loss_scale(wrapper: Any) -> float:
    """Factor of the losses in fp16, 1 in other precisions."""
    scaler = getattr(wrapper, 'loss_scaler', None)
    return 1.0 if scaler is None else scaler.get_scale()
