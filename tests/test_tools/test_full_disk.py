"""No room, or no right, to write: one sentence, and nothing is lost."""

import shutil
import subprocess

import pytest
import torch

from tests.helpers.forked import tool
from tests.helpers.tools import write_tiny_config

TRAIN = 'tools/train.py'
CHECKPOINT = 1_000_000
"""Bytes of which a checkpoint has more, and any other file fewer."""

FULL_LATER = """
custom_imports = dict(imports=['tests.helpers.full_disk_hook'])
custom_hooks = [*_base_.custom_hooks, dict(type='FullDiskHook')]
default_hooks.update(checkpoint=None)
"""
"""No room from the third step on, and no checkpoint that would need it."""

BACKEND = """
log_level = 'ERROR'
visualizer = dict(
    _delete_=True, type='Visualizer', vis_backends=[dict(type='{}')]
)
"""
"""Only one of those who write while a run trains."""

LOCAL = BACKEND.format('LocalVisBackend')
TENSORBOARD = BACKEND.format('TensorboardVisBackend')
NAMELESS = 'a log, a config or another file of the run cannot'


@pytest.fixture
def half_way(tiny_run, tmp_path):
    """Config, and a work folder that holds the first of two epochs."""
    _, config, finished, _ = tiny_run
    work_dir = tmp_path / 'work'
    work_dir.mkdir()
    shutil.copy(finished / 'epoch_1.pth', work_dir)
    return config, work_dir


def weights(path):
    return torch.load(path, weights_only=False)['state_dict']


def assert_goes_on(config, work_dir, finished):
    """With room again, the run ends as if nothing had happened."""
    run = tool(TRAIN, config, '--work-dir', work_dir, '--resume')
    assert run.wait() == 0, run.printed[-3000:]
    ours = weights(work_dir / 'epoch_2.pth')
    theirs = weights(finished / 'epoch_2.pth')
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def assert_is_one_sentence(error, *words):
    sentence, hint = error.strip().splitlines()
    assert hint == '(AANET_TRACEBACK=1 shows where it came from)'
    for word in ('cannot be written', 'intact', '--resume', *words):
        assert word in sentence
    assert '[Errno' not in sentence


def test_no_room_for_a_checkpoint(half_way, tiny_run):
    config, work_dir = half_way
    before = (work_dir / 'epoch_1.pth').read_bytes()
    command = (TRAIN, config, '--work-dir', work_dir, '--resume')
    run = tool(*command, largest_file=CHECKPOINT)
    assert_is_one_sentence(run.error, str(work_dir / 'epoch_2.pth'))
    files = [path.name for path in work_dir.iterdir() if path.is_file()]
    assert sorted(files) == ['epoch_1.pth', config.name]
    assert (work_dir / 'epoch_1.pth').read_bytes() == before
    assert_goes_on(config, work_dir, tiny_run[2])


def run_from_scratch(tiny_run, folder, extra, size=None):
    config = write_tiny_config(folder, extra)
    data = f'train_dataloader.dataset.data_root={tiny_run[0] / "toy"}'
    test = data.replace('train_', 'val_', 1)
    command = (TRAIN, config, '--work-dir', folder / 'work', '--cfg-options')
    return tool(*command, data, test, largest_file=size)


@pytest.mark.parametrize(
    ('extra', 'word'),
    [
        (FULL_LATER, '.log cannot be written'),
        (FULL_LATER + LOCAL, NAMELESS),
        (FULL_LATER + TENSORBOARD, NAMELESS),
    ],
    ids=['log file', 'scalars', 'tensorboard'],
)
def test_no_room_for_what_a_run_writes(tiny_run, tmp_path, extra, word):
    run = run_from_scratch(tiny_run, tmp_path, extra)
    assert_is_one_sentence(run.error, word)
    work_dir = tmp_path / 'work'
    scalars = list(work_dir.rglob('scalars.json'))
    assert bool(scalars) == (TENSORBOARD not in extra)


@pytest.mark.parametrize(
    ('extra', 'size', 'word'),
    [('', 10_000, '.log cannot be written'), (LOCAL, 3_000, NAMELESS)],
    ids=['log file', 'dumped config'],
)
def test_no_room_at_the_start(tiny_run, tmp_path, extra, size, word):
    run = run_from_scratch(tiny_run, tmp_path, extra, size)
    assert_is_one_sentence(run.error, word)


def test_a_work_folder_below_a_file(tiny_run, tmp_path):
    (tmp_path / 'file').touch()
    for name in ('file', 'file/work'):
        work_dir = tmp_path / name
        run = tool(TRAIN, tiny_run[1], '--work-dir', work_dir)
        assert_is_one_sentence(run.error, f'work folder {work_dir}')


@pytest.fixture
def disk(tmp_path):
    """A file system of its own, and how to mount it anew."""
    folder = tmp_path / 'disk'
    folder.mkdir()

    def mount(options):
        command = ['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', str(folder)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip('mounting needs the rights of root')

    mount('size=4m')
    yield folder, lambda options: mount(f'remount,{options}')
    subprocess.run(['umount', '-l', str(folder)], check=True)


def test_a_disk_that_is_full(half_way, disk, tiny_run):
    """Really full: it takes two checkpoints, but not a third."""
    config, work_dir = half_way
    folder, remount = disk
    shutil.copy(work_dir / 'epoch_1.pth', folder)
    shutil.copy(work_dir / 'epoch_1.pth', folder / 'epoch_0.pth')
    run = tool(TRAIN, config, '--work-dir', folder, '--resume')
    reason = 'No space left on device'
    assert_is_one_sentence(run.error, str(folder / 'epoch_2.pth'), reason)
    remount('size=32m')
    assert weights(folder / 'epoch_1.pth')
    assert_goes_on(config, folder, tiny_run[2])


def test_a_disk_that_is_read_only(half_way, disk, tiny_run):
    config, work_dir = half_way
    folder, remount = disk
    shutil.copy(work_dir / 'epoch_1.pth', folder)
    remount('ro')
    command = (TRAIN, config, '--work-dir', folder, '--resume')
    words = f'work folder {folder}', 'Read-only file system'
    assert_is_one_sentence(tool(*command).error, *words)
    remount('rw,size=32m')
    assert_goes_on(config, folder, tiny_run[2])
