"""A loss that is NaN or infinite ends the run, before the weights."""

import math
from typing import Any

import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapperDict
from mmengine.runner import Runner
from torch import Tensor, nn

from aanet.registry import HOOKS
from aanet.utils.resume import latest_finite_checkpoint


class _Alarm:
    """Whether a loss is not finite, on its way from the device.

    Args:
        total (Tensor): The loss, a scalar.
    """

    def __init__(self, total: Tensor) -> None:
        raised = (~torch.isfinite(total)).int()
        # One rank's NaN is in the gradients, and so the weights, of all.
        all_reduce(raised, op='max')
        self._raised = raised.to('cpu', non_blocking=raised.is_cuda)
        self._arrival = torch.cuda.Event() if raised.is_cuda else None
        if self._arrival is not None:
            self._arrival.record()

    def __bool__(self) -> bool:
        if self._arrival is not None:
            self._arrival.synchronize()
        return bool(self._raised)


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Stop training at the first loss that is NaN or infinite.

    Each step's loss is looked at after the backward pass has been started
    and before the optimizer changes a weight, so that the device never waits
    for the check. A loss scaler that skips a step because of infinite
    *gradients* does its work undisturbed; an infinite *loss* is an error with
    it as without.

    It differs from mmdetection's ``CheckInvalidLossHook``, which looks at
    every 50th loss, after the optimizer has used it.
    """

    def before_train(self, runner: Runner) -> None:
        """Watch the model and its optimizers.

        Args:
            runner (Runner): The runner.
        """
        self._alarm: _Alarm | None = None
        self._losses: dict[str, Tensor] = {}
        wrapper = runner.optim_wrapper
        wrappers = [wrapper]
        if isinstance(wrapper, OptimWrapperDict):
            wrappers = list(wrapper.values())
        self._handles = [runner.model.register_forward_hook(self._note)]
        for wrapper in wrappers:
            handle = wrapper.optimizer.register_step_pre_hook(
                lambda *_: self._check(runner)
            )
            self._handles.append(handle)

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Check a step whose optimizer has not moved.

        That is so while gradients are accumulated, and where a loss scaler
        has met gradients that are not finite.

        Args:
            runner (Runner): The runner.
            batch_idx (int): Index of the batch in its epoch.
            data_batch (dict | None): The batch. Defaults to None.
            outputs (dict | None): The losses. Defaults to None.

        Raises:
            ValueError: If the loss is not finite.
        """
        self._check(runner)

    def after_train(self, runner: Runner) -> None:
        """Leave the model and its optimizers alone.

        Args:
            runner (Runner): The runner.
        """
        for handle in self._handles:
            handle.remove()

    def _note(self, model: nn.Module, inputs: Any, outputs: Any) -> None:
        """Take the losses out of what the model returns in training."""
        if not (model.training and isinstance(outputs, dict)):
            return
        self._losses = {
            name: _mean(value)
            for name, value in outputs.items()
            if 'loss' in name
        }
        if self._losses:
            self._alarm = _Alarm(torch.stack([*self._losses.values()]).sum())

    def _check(self, runner: Runner) -> None:
        """Raise if the last losses are not finite; ask only once."""
        alarm, self._alarm = self._alarm, None
        if not alarm:
            return
        losses = {name: loss.item() for name, loss in self._losses.items()}
        values = ', '.join(f'{name}={x:.6g}' for name, x in losses.items())
        what = 'is not finite'
        if all(map(math.isfinite, losses.values())):
            what = 'of another process is not finite (here it is)'
        size = len(runner.train_dataloader)
        index = runner.iter - runner.epoch * size
        raise ValueError(
            f'the loss {what} at epoch {runner.epoch + 1}, iteration '
            f'{index + 1} of {size}: {values}. The step was not taken. '
            f'{_way_on(runner)}'
        )


def _mean(value: Tensor | list[Tensor]) -> Tensor:
    """What a loss adds to the total, as mmengine computes it."""
    parts = value if isinstance(value, list) else [value]
    return torch.stack([part.detach().float().mean() for part in parts]).sum()


def _way_on(runner: Runner) -> str:
    """What to do about it."""
    path = latest_finite_checkpoint(runner.work_dir)
    remedy = 'a lower optim_wrapper.optimizer.lr, or without --amp'
    if path is None:
        return (
            'No checkpoint with finite weights has been written yet: start '
            f'again with {remedy}.'
        )
    return (
        f'The last checkpoint with finite weights is {path}: go on with '
        f'--resume {path} and --cfg-options '
        'optim_wrapper.clip_grad.max_norm=5 or without --amp, or start '
        f'again with {remedy}.'
    )
