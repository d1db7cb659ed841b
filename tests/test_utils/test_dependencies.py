"""The sentence that a wrong or missing OpenMMLab package gets."""

import subprocess
import sys

import mmcv
import mmengine
import mmpretrain
import pytest

from aanet.utils import dependencies
from aanet.utils.dependencies import (
    SUPPORTED,
    check_dependencies,
    installed_version,
)


def pretend(monkeypatch, **versions):
    """These versions are installed, and good ones of the others."""
    good = {
        name: '.'.join(map(str, low)) for name, (low, _) in SUPPORTED.items()
    }
    found = {**good, **versions}
    monkeypatch.setattr(dependencies, 'installed_version', found.__getitem__)


@pytest.mark.parametrize('package', [mmengine, mmcv, mmpretrain])
def test_versions_are_read_without_importing(package):
    assert installed_version(package.__name__) == package.__version__


def test_a_missing_package_has_no_version():
    assert installed_version('mmnowhere') is None


def test_this_installation_passes():
    check_dependencies()


def test_lower_bounds_are_inside(monkeypatch):
    pretend(monkeypatch)
    check_dependencies()


@pytest.mark.parametrize('package', SUPPORTED)
def test_a_missing_package_is_named_with_the_command(monkeypatch, package):
    pretend(monkeypatch, **{package: None})
    message = rf"needs {package}, .*not installed: .*pip install -e '\.\["
    with pytest.raises(ImportError, match=message):
        check_dependencies()


@pytest.mark.parametrize(
    ('package', 'version'),
    [
        ('mmengine', '0.10.6'),
        ('mmengine', '0.12.0'),
        ('mmengine', '1.0.0'),
        ('mmcv', '2.0.1'),
        ('mmcv', '2.4.0'),
        ('mmpretrain', '1.1.1'),
        ('mmpretrain', '1.4'),
    ],
)
def test_a_version_out_of_range_is_named_with_the_range(
    monkeypatch, package, version
):
    pretend(monkeypatch, **{package: version})
    message = rf'needs {package}>=[\d.]+,<[\d.]+, found {version}: .*pip'
    with pytest.raises(ImportError, match=message):
        check_dependencies()


@pytest.mark.parametrize(
    ('package', 'version'),
    [
        ('mmengine', '0.10.12'),
        ('mmengine', '0.11.0rc3'),
        ('mmcv', '2.3.6'),
        ('mmpretrain', '1.3.6'),
        ('mmpretrain', '1.2.0+local'),
    ],
)
def test_forks_and_candidates_in_range_pass(monkeypatch, package, version):
    pretend(monkeypatch, **{package: version})
    check_dependencies()


def test_importing_the_package_is_light():
    """It checks the OpenMMLab packages and imports none of them."""
    code = (
        'import sys, aanet; '
        "heavy = {'torch', 'mmengine', 'mmcv', 'mmpretrain', 'numpy'}; "
        'print(*sorted(heavy & set(sys.modules)))'
    )
    result = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True
    )
    assert (result.returncode, result.stdout.strip()) == (0, '')
