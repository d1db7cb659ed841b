"""AANet: person re-identification on OpenMMLab.

Importing the package is light: it checks that the OpenMMLab packages are
there and in range, and imports none of them.
"""

from aanet.utils.dependencies import check_dependencies
from aanet.version import __version__

check_dependencies()

__all__ = ['__version__']
