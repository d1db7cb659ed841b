"""Are the keys of ``--cfg-options`` ones that something reads?"""

import copy
import difflib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.config import Config
from mmengine.registry import DefaultScope, Registry
from mmengine.runner import EpochBasedTrainLoop, LogProcessor, Runner
from torch.utils.data import DataLoader

import aanet.registry as registry_module

_IMPLIED_TYPES = {
    'log_processor': LogProcessor,
    'randomness': Runner.set_randomness,
    'test_dataloader': DataLoader,
    'train_cfg': EpochBasedTrainLoop,
    'train_dataloader': DataLoader,
    'val_dataloader': DataLoader,
}
"""What reads a dict of the config that names no type."""

_EXTRA_KEYS = {
    'custom_hooks': ('priority',),
    'optim_wrapper': ('constructor', 'paramwise_cfg'),
}
"""Keys that mmengine takes out before it builds the class."""

_VARIABLE = (
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.VAR_KEYWORD,
)

_OPEN = {'default_hooks', 'dist_cfg', 'env_cfg', 'mp_cfg', 'paramwise_cfg'}
"""Dicts whose keys are the user's to choose."""


def check_options(cfg: Config, options: Mapping[str, Any]) -> None:
    """Check override keys before they are merged.

    A key is known if the config has it, or if it is an argument of the class
    that its dict configures (``model.neck.threshold_mode``), or of the
    Runner. mmengine itself adds any other key in silence.

    Args:
        cfg (Config): The config as read from file.
        options (Mapping[str, Any]): Dotted keys and their values.

    Raises:
        ValueError: If a key is unknown; the message names the nearest.
    """
    known_cfg = _with_types(cfg, options)
    for key in options:
        *path, last = key.split('.')
        node: Any = known_cfg
        walked: list[str] = []
        for part in path:
            node = _child(node, part, walked, known=list(_keys(node, walked)))
            walked.append(part)
        if node is None or _OPEN & set(walked):
            continue
        if isinstance(node, (list, tuple)):
            _child(node, last, walked, known=[])
        elif last not in _keys(node, walked):
            raise _unknown(last, walked, list(_keys(node, walked)))


def _with_types(cfg: Config, options: Mapping[str, Any]) -> Any:
    """The config as it is once every ``type`` among the options is set."""
    merged = copy.deepcopy(cfg)
    for key, value in options.items():
        node: Any = merged._cfg_dict
        *path, last = key.split('.')
        for part in path:
            node = node.get(part) if isinstance(node, dict) else None
        if last == 'type' and isinstance(node, dict):
            node[last] = value
    return merged._cfg_dict


def _child(node: Any, part: str, walked: list[str], known: list[str]) -> Any:
    """One step down a dotted key; None where any key is fine."""
    if node is None:
        return None
    if isinstance(node, (list, tuple)):
        if part.isdigit() and int(part) < len(node):
            return node[int(part)]
        where = '.'.join(walked)
        raise ValueError(
            f'--cfg-options: {where} is a list of {len(node)}: {part!r} must '
            f'be an index from 0 to {len(node) - 1}.'
        )
    if isinstance(node, Mapping) and part in node:
        return node[part]
    if part in known or _OPEN & set(walked):
        return None
    raise _unknown(part, walked, known)


def _keys(node: Any, walked: list[str]) -> Iterator[str]:
    """Keys that may be set in a dict of the config."""
    if not walked:
        # Other names of the file are variables, whose values were used when
        # it was read.
        yield from _arguments(Runner)
        yield from ('runner_type', 'default_scope')
    elif isinstance(node, Mapping):
        yield from node
        yield from _EXTRA_KEYS.get(walked[0], ())
        if isinstance(node.get('type'), str):
            yield from _arguments(_find_class(node['type']))
        elif len(walked) == 1:
            yield from _arguments(_IMPLIED_TYPES.get(walked[0]))


def _find_class(name: str) -> Any:
    """Class of a registered name, or None."""
    with DefaultScope.overwrite_default_scope('aanet'):
        for node in vars(registry_module).values():
            if isinstance(node, Registry):
                found = node.get(name)
                if found is not None:
                    return found
    return None


def _arguments(cls: Any) -> Iterator[str]:
    """Arguments of a class, those behind ``**kwargs`` included."""
    functions = [cls]
    if inspect.isclass(cls):
        bases = [vars(base).get('__init__') for base in inspect.getmro(cls)]
        functions = [function for function in bases if function is not None]
    for function in filter(callable, functions):
        try:
            parameters = inspect.signature(function).parameters
        except (TypeError, ValueError):
            continue
        yield from (
            name
            for name, parameter in parameters.items()
            if name != 'self' and parameter.kind not in _VARIABLE
        )
        kinds = {parameter.kind for parameter in parameters.values()}
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            return


def _unknown(part: str, walked: list[str], known: list[str]) -> ValueError:
    """The error for a key that nothing reads."""
    where = '.'.join([*walked, part])
    near = difflib.get_close_matches(part, known, n=1)
    hint = f"; did you mean '{'.'.join([*walked, near[0]])}'?" if near else ''
    choices = ', '.join(sorted(set(known))) or 'none'
    return ValueError(
        f"--cfg-options: nothing reads the key '{where}'{hint} "
        f'(known here: {choices}).'
    )
