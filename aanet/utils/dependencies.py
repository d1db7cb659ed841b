"""Are the OpenMMLab packages installed, and in the tested range?"""

import importlib.util
import re
from pathlib import Path

SUPPORTED = {
    'mmengine': ((0, 10, 7), (0, 12)),
    'mmcv': ((2, 1, 0), (2, 4)),
    'mmpretrain': ((1, 2, 0), (1, 4)),
}

INSTALL_HINT = (
    "run `pip install -e '.[openmmlab]'` (or '.[onedl]' for the OneDL "
    'forks; never both)'
)


def installed_version(package: str) -> str | None:
    """Version of an OpenMMLab package, read without importing it.

    Upstream and fork distributions share the import name but not the
    distribution name, so the version is read from ``<package>/version.py``.

    Args:
        package (str): Import name, e.g. ``'mmengine'``.

    Returns:
        str | None: The version, or None where the package is missing.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    text = Path(spec.origin).with_name('version.py').read_text('utf-8')
    match = re.search(r"""__version__\s*=\s*['"]([^'"]+)""", text)
    return match.group(1) if match else None


def check_dependencies() -> None:
    """Check mmengine, mmcv and mmpretrain.

    Raises:
        ImportError: If one is missing or outside the tested range; the
            message holds the command that mends it.
    """
    for package, (low, high) in SUPPORTED.items():
        version = installed_version(package)
        if version is None:
            raise ImportError(
                f'aanet needs {package}, which is not installed: '
                f'{INSTALL_HINT}.'
            )
        release = tuple(int(n) for n in re.findall(r'\d+', version)[:3])
        if not low <= release < high:
            span = '>={},<{}'.format(
                *('.'.join(map(str, bound)) for bound in (low, high))
            )
            raise ImportError(
                f'aanet needs {package}{span}, found {version}: '
                f'{INSTALL_HINT}.'
            )
