"""Packages that only large galleries and feature files need."""

import importlib
from types import ModuleType


def import_search_package(name: str) -> ModuleType:
    """Import a package of the extra ``search``.

    Args:
        name (str): Name of the module.

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
            "`pip install -e '.[search]'`."
        ) from error
