"""Load checkpoints without ever running code from them.

mmengine 0.10 calls ``torch.load`` bare, which refuses mmengine's own
checkpoints since torch 2.6; its forks fall back to unpickling whatever the
file holds, and downloads are unpickled by all of them. Here files, local and
downloaded, are always read with ``weights_only=True`` and a short list of the
harmless types that mmengine writes.
"""

import os
import pickle
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import checkpoint as mmengine_checkpoint

TRUST_VARIABLE = 'AANET_TRUST_CHECKPOINTS'
"""Set this environment variable to 1 to unpickle files without limits."""

_HISTORY_METHODS = ('min', 'max', 'mean', 'current', 'data')
_NUMPY_SCALARS = ('f8', 'f4', 'i8', 'i4', 'u4', 'u1', '?')


def _history_getattr(obj: Any, name: str) -> Any:
    """The only use of ``getattr`` that an mmengine checkpoint makes."""
    if obj is HistoryBuffer and name in _HISTORY_METHODS:
        return getattr(obj, name)
    raise pickle.UnpicklingError(f'refused: getattr({obj!r}, {name!r})')


def _safe_globals() -> list:
    """Types that mmengine's message hub puts into a checkpoint."""
    safe: list = [HistoryBuffer, np.ndarray, np.dtype]
    safe.append((_history_getattr, 'builtins.getattr'))
    core = getattr(np, '_core', None) or np.core
    for function in (core.multiarray._reconstruct, core.multiarray.scalar):
        for module in ('numpy.core', 'numpy._core'):
            name = f'{module}.multiarray.{function.__name__}'
            safe.append((function, name))
    safe.extend({type(np.dtype(code)) for code in _NUMPY_SCALARS})
    return safe


def load_local_checkpoint(filename: str, map_location: Any = None) -> Any:
    """Read a checkpoint from disk, refusing everything but data.

    Args:
        filename (str): Path of the file.
        map_location (Any): As in :func:`torch.load`. Defaults to None.

    Returns:
        Any: What was saved, usually a dict with ``state_dict``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged, or holds objects whose loading
            could run code.
    """
    path = Path(filename).expanduser()
    if not path.is_file():
        raise FileNotFoundError(
            f'checkpoint {path} does not exist: check the path.'
        )
    with _clear_refusal(str(path)):
        return torch.load(
            path, map_location=map_location, weights_only=not _is_trusted()
        )


def load_downloaded_checkpoint(
    url: str,
    model_dir: str | None = None,
    map_location: Any = None,
    progress: bool = True,
) -> Any:
    """Download a checkpoint, or take it from the cache, and read it.

    Args:
        url (str): Address of the file.
        model_dir (str | None): Where to keep it; torch hub's cache if None.
            Defaults to None.
        map_location (Any): As in :func:`torch.load`. Defaults to None.
        progress (bool): Whether to show the progress. Defaults to True.

    Returns:
        Any: What was saved, usually a dict of weights.

    Raises:
        ValueError: As :func:`load_local_checkpoint`.
    """
    with _clear_refusal(url):
        return torch.hub.load_state_dict_from_url(
            url,
            model_dir=model_dir,
            map_location=map_location,
            progress=progress,
            weights_only=not _is_trusted(),
        )


def install_safe_loading() -> None:
    """Make every checkpoint loader of mmengine refuse code."""
    torch.serialization.add_safe_globals(_safe_globals())
    mmengine_checkpoint.CheckpointLoader.register_scheme(
        prefixes='', loader=load_local_checkpoint, force=True
    )
    # What all of mmengine's schemes with a download end in.
    mmengine_checkpoint.load_url = load_downloaded_checkpoint


def _is_trusted() -> bool:
    return os.environ.get(TRUST_VARIABLE) == '1'


@contextmanager
def _clear_refusal(source: str) -> Iterator[None]:
    """Say in a sentence why a checkpoint was not loaded."""
    try:
        yield
    except pickle.UnpicklingError as error:
        raise ValueError(
            f'checkpoint {source} was refused, because it is damaged or '
            f'holds objects that could run code on loading{_culprit(error)}. '
            f'If you trust its author, set {TRUST_VARIABLE}=1.'
        ) from error
    except (RuntimeError, EOFError, OSError) as error:
        if isinstance(error, ConnectionError | TimeoutError | URLError):
            raise
        reason = (str(error).strip().splitlines() or ['unexpected end'])[0]
        if 'maximum supported version' in reason:
            raise ValueError(
                f'checkpoint {source} was written by a newer torch than this '
                f'one, {torch.__version__}: update torch.'
            ) from error
        raise ValueError(
            f'checkpoint {source} cannot be read ({reason}): the file is '
            'damaged or incomplete; use an earlier one.'
        ) from error


def _culprit(error: Exception) -> str:
    """Name of the object that torch refused, if it tells."""
    found = re.search(r'GLOBAL ([\w.]+)', str(error))
    return f' ({found.group(1)})' if found else ''
