"""What the optimizer's settings will be over a training.

Optimizer, constructor, schedulers and the hook that steps them are the real
ones; nothing is trained.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from mmengine.config import Config
from mmengine.hooks import ParamSchedulerHook
from torch import nn

from aanet.registry import MODELS
from aanet.visualization.optimizer_setup import (
    build_optimizer,
    build_schedulers,
    merge_alike,
    total_iterations,
)
from aanet.visualization.parameter_names import summarize_names

PARAMETERS: dict[str, Callable[[dict], float]] = {
    'lr': lambda group: group['lr'],
    'momentum': lambda group: group.get(
        'momentum', group.get('betas', (0.0,))[0]
    ),
    'wd': lambda group: group['weight_decay'],
}
"""What can be followed, and how to read it from a parameter group."""


@dataclass(frozen=True)
class GroupSchedule:
    """A setting that some parameters share throughout a training.

    Attributes:
        name (str): Which parameters they are.
        steps (Sequence[int]): Iterations, from 1, from which a value holds.
        values (Sequence[float]): The values.
    """

    name: str
    steps: Sequence[int]
    values: Sequence[float]

    def at(self, iteration: int) -> float:
        """Value in an iteration, from 1."""
        return self.values[np.searchsorted(self.steps, iteration, 'right') - 1]


def follow_schedule(
    cfg: Config, parameter: str, length: int, processes: int = 1
) -> list[GroupSchedule]:
    """Step the schedulers of a config through a training.

    Args:
        cfg (Config): The config.
        parameter (str): One of ``PARAMETERS``.
        length (int): Iterations in an epoch.
        processes (int): How many will train, for ``auto_scale_lr``.
            Defaults to 1.

    Returns:
        list[GroupSchedule]: One for each distinct course; parameters that
        are not trained are left out.

    Raises:
        ValueError: If the config has not one optimizer, or a scheduler does
            not fit.
    """
    model = MODELS.build(copy.deepcopy(cfg.model))
    wrapper = build_optimizer(cfg, model, processes)
    merge_alike(wrapper.optimizer)
    schedulers = build_schedulers(cfg, wrapper, length)
    # Schedulers want to see a step first; without gradients it does nothing.
    wrapper.step()
    groups = wrapper.optimizer.param_groups
    read = PARAMETERS[parameter]
    # A loop that counts iterations has no epoch before its end.
    has_epochs = 'max_iters' not in cfg.train_cfg
    runner = SimpleNamespace(param_schedulers=schedulers)
    hook = ParamSchedulerHook()
    steps, rows = [1], [[read(group) for group in groups]]
    for step in range(1, total_iterations(cfg, length)):
        hook.after_train_iter(runner, (step - 1) % length)
        if has_epochs and step % length == 0:
            hook.after_train_epoch(runner)
        row = [read(group) for group in groups]
        if row != rows[-1]:
            steps.append(step + 1)
            rows.append(row)
    return _distinct(model, groups, steps, np.array(rows))


def _distinct(
    model: nn.Module, groups: list[dict], steps: list[int], rows: np.ndarray
) -> list[GroupSchedule]:
    """Join the groups that go the same way, in the model's order."""
    names = {id(value): name for name, value in model.named_parameters()}
    trained: dict[bytes, set[str]] = {}
    values: dict[bytes, list[float]] = {}
    for group, course in zip(groups, rows.T, strict=True):
        own = {names[id(v)] for v in group['params'] if v.requires_grad}
        if own:
            trained.setdefault(course.tobytes(), set()).update(own)
            values[course.tobytes()] = course.tolist()
    return [
        GroupSchedule(
            summarize_names(own, list(names.values())), steps, values[course]
        )
        for course, own in trained.items()
    ]
