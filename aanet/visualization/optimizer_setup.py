"""Optimizer and schedulers of a config, as a Runner would build them."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.optim import OptimWrapper, build_optim_wrapper
from torch import nn
from torch.optim import Optimizer

from aanet.registry import PARAM_SCHEDULERS

_KEPT = ('optimizer', 'constructor', 'paramwise_cfg')


def total_iterations(cfg: Config, length: int) -> int:
    """Iterations of a whole training.

    Args:
        cfg (Config): The config.
        length (int): Iterations in an epoch.

    Returns:
        int: Their number.

    Raises:
        ValueError: If the config does not say.
    """
    loop = cfg.get('train_cfg') or {}
    if 'max_iters' in loop:
        return loop['max_iters']
    if 'max_epochs' in loop:
        return loop['max_epochs'] * length
    raise ValueError(
        'train_cfg has neither max_epochs nor max_iters: the config does not '
        'train.'
    )


def build_optimizer(
    cfg: Config, model: nn.Module, processes: int = 1
) -> OptimWrapper:
    """Build the optimizer, in full precision, which needs no accelerator.

    Args:
        cfg (Config): The config.
        model (nn.Module): Its model.
        processes (int): How many will train, for ``auto_scale_lr``.
            Defaults to 1.

    Returns:
        OptimWrapper: The optimizer in its wrapper.

    Raises:
        ValueError: If the config has not one optimizer.
    """
    settings = cfg.get('optim_wrapper') or {}
    if 'optimizer' not in settings:
        raise ValueError(
            'optim_wrapper.optimizer is not set: only the schedule of a '
            'single optimizer can be drawn.'
        )
    kept = {key: settings[key] for key in _KEPT if key in settings}
    with _quiet():
        wrapper = build_optim_wrapper(model, {'type': 'OptimWrapper', **kept})
    scaling = cfg.get('auto_scale_lr') or {}
    if scaling.get('enable', False):
        batch = processes * cfg.train_dataloader.batch_size
        for group in wrapper.optimizer.param_groups:
            group['lr'] *= batch / scaling['base_batch_size']
    return wrapper


def merge_alike(optimizer: Optimizer) -> None:
    """Join the parameter groups that differ in nothing but parameters.

    A scheduler then has a few groups to step, not one for each parameter.

    Args:
        optimizer (Optimizer): Changed in place.
    """
    merged: dict[str, dict] = {}
    for group in optimizer.param_groups:
        settings = {k: v for k, v in group.items() if k != 'params'}
        first = merged.setdefault(repr(settings), {**settings, 'params': []})
        first['params'].extend(group['params'])
    optimizer.param_groups = list(merged.values())


def build_schedulers(
    cfg: Config, wrapper: OptimWrapper, length: int
) -> list[Any]:
    """Build the schedulers, ending with the training unless they say when.

    Args:
        cfg (Config): The config.
        wrapper (OptimWrapper): The optimizer.
        length (int): Iterations in an epoch.

    Returns:
        list[Any]: The schedulers.
    """
    settings = cfg.get('param_scheduler') or []
    settings = settings if isinstance(settings, list) else [settings]
    ends = {
        True: cfg.train_cfg.get('max_epochs', 1),
        False: total_iterations(cfg, length),
    }
    return [
        PARAM_SCHEDULERS.build(
            {'end': ends[item.get('by_epoch', True)], **copy.deepcopy(item)},
            default_args={'optimizer': wrapper, 'epoch_length': length},
        )
        for item in settings
    ]


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out the lines that mmengine logs for each parameter."""
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel('ERROR')
    try:
        yield
    finally:
        logger.setLevel(level)
