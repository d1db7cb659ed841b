"""Does a checkpoint hold all that a run needs to go on?"""

from collections.abc import Mapping
from typing import Any

from mmengine.optim import OptimWrapper
from mmengine.runner import Runner

INSTEAD = (
    'resume from an epoch_*.pth or iter_*.pth of this config, or start a new '
    'run from its weights with --cfg-options load_from=FILE'
)
"""What to do with a checkpoint that no run can go on from."""


def check_resumable(checkpoint: Mapping[str, Any], runner: Runner) -> None:
    """Refuse a checkpoint that mmengine would resume from in part, or crash.

    It goes on with a fresh optimizer where the checkpoint has none, leaves
    out schedulers that it does not know, and fails with a KeyError without
    the other parts.

    Args:
        checkpoint (Mapping[str, Any]): What was read from disk.
        runner (Runner): The runner, its optimizer and schedulers built.

    Raises:
        ValueError: If something is missing or fits another config.
    """
    wanted = ['meta', 'message_hub', 'optimizer']
    if runner.param_schedulers:
        wanted.append('param_schedulers')
    missing = [name for name in wanted if name not in checkpoint]
    meta = checkpoint.get('meta') or {}
    missing += [f'meta.{n}' for n in ('epoch', 'iter') if n not in meta]
    if missing:
        raise ValueError(
            f'the checkpoint holds no {", ".join(missing)}, so that no run '
            f'can be resumed from it (best_*.pth are of that kind): {INSTEAD}.'
        )
    if isinstance(runner.optim_wrapper, OptimWrapper):
        _check_optimizer(checkpoint['optimizer'], runner.optim_wrapper)
    if isinstance(runner.param_schedulers, list):
        given = len(checkpoint['param_schedulers'])
        if given != len(runner.param_schedulers):
            raise ValueError(
                f'the checkpoint holds {given} parameter schedulers, but '
                f'param_scheduler of the config has '
                f'{len(runner.param_schedulers)}: {INSTEAD}.'
            )


def _check_optimizer(state: Mapping[str, Any], wrapper: OptimWrapper) -> None:
    """Compare the groups, and the options that an optimizer must have."""
    optimizer = wrapper.optimizer
    given, own = (
        [len(group['params']) for group in groups]
        for groups in (state['param_groups'], optimizer.param_groups)
    )
    if given != own:
        raise ValueError(
            f'the optimizer of the checkpoint has {len(given)} groups of '
            f'{sum(given)} parameters, that of the config {len(own)} of '
            f'{sum(own)}: {INSTEAD}.'
        )
    # Options that are switches come and go with the versions of torch.
    lacking = [
        name
        for name, value in optimizer.defaults.items()
        if not isinstance(value, bool | None)
        and any(name not in group for group in state['param_groups'])
    ]
    if lacking:
        raise ValueError(
            'the checkpoint was written with another optimizer than '
            f'{type(optimizer).__name__}, without {", ".join(lacking)}: '
            f'{INSTEAD}.'
        )
