"""Packages that only exported models need."""

import importlib
from types import ModuleType

EXPORT_PACKAGES = ('onnx', 'onnxruntime', 'onnxscript')


def require_export_packages() -> None:
    """Make sure of all packages of the extra ``export``.

    Raises:
        ImportError: If one is missing.
    """
    for name in EXPORT_PACKAGES:
        import_export_package(name)


def import_export_package(name: str) -> ModuleType:
    """Import a package of the extra ``export``.

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
            f'exported models need {error.name}, which is not installed: run '
            "`pip install -e '.[export]'`."
        ) from error
