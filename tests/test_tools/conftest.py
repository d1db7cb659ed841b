"""One tiny training run that several tests look at."""

import pytest

from tests.helpers.tools import run_tool, write_tiny_config


@pytest.fixture(scope='session')
def tiny_run(tmp_path_factory):
    """Folder, config and work folder of a finished tiny run."""
    folder = tmp_path_factory.mktemp('tiny')
    config = write_tiny_config(folder)
    work_dir = folder / 'run'
    done = run_tool('tools/train.py', config, '--work-dir', work_dir)
    return folder, config, work_dir, done.stdout + done.stderr
