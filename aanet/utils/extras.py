"""Packages that only some uses need."""

import importlib
from types import ModuleType


def import_extra(name: str, extra: str) -> ModuleType:
    """Import a package of one of the extras in ``setup.py``.

    Args:
        name (str): Name of the module.
        extra (str): Name of the extra.

    Returns:
        ModuleType: The module.

    Raises:
        ImportError: If it is missing; the message holds the command that
            mends it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f'this needs {error.name}, which is not installed: run '
            f"`pip install -e '.[{extra}]'`."
        ) from error
