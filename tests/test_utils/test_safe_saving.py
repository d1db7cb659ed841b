"""Files are written whole or not at all."""

import errno
import os
from pathlib import Path

import pytest
from mmengine.fileio import LocalBackend, get_file_backend, put_text

import aanet.registry  # noqa: F401  installs the backend
from aanet.utils.safe_saving import (
    AtomicLocalBackend,
    UnwritableFileError,
    remove_leftovers,
    whole_file,
)


def test_mmengine_uses_it_for_local_files(tmp_path):
    path = tmp_path / 'note'
    assert isinstance(get_file_backend(str(path)), AtomicLocalBackend)
    put_text('epoch_1.pth', str(path))
    assert path.read_text() == 'epoch_1.pth'


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path):
    backend = AtomicLocalBackend()
    backend.put(b'one', tmp_path / 'a')
    backend.put(b'two', str(tmp_path / 'a'))
    assert [p.name for p in tmp_path.iterdir()] == ['a']
    assert (tmp_path / 'a').read_bytes() == b'two'


def test_folders_are_made(tmp_path):
    AtomicLocalBackend().put_text('ä', tmp_path / 'x' / 'y')
    assert (tmp_path / 'x' / 'y').read_text('utf-8') == 'ä'


def half_then_fail(self, obj, filepath):
    filepath.write_bytes(obj[: len(obj) // 2])
    raise OSError(errno.ENOSPC, 'No space left on device')


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    backend, path = AtomicLocalBackend(), tmp_path / 'epoch_1.pth'
    backend.put(b'old', path)
    monkeypatch.setattr(LocalBackend, 'put', half_then_fail)
    with pytest.raises(OSError, match=r'epoch_1\.pth.*No space.*intact'):
        backend.put(b'newer', path)
    assert path.read_bytes() == b'old'
    assert [p.name for p in tmp_path.iterdir()] == ['epoch_1.pth']


def test_while_it_is_written_no_checkpoint_is_seen(tmp_path, monkeypatch):
    """A run that is killed meanwhile resumes from the one before."""
    seen = []
    write = LocalBackend.put

    def spy(self, obj, filepath):
        write(self, obj, filepath)
        seen.extend(tmp_path.glob('*.pth'))

    monkeypatch.setattr(LocalBackend, 'put', spy)
    AtomicLocalBackend().put(b'new', tmp_path / 'epoch_2.pth')
    assert seen == []
    assert (tmp_path / 'epoch_2.pth').read_bytes() == b'new'


def test_the_content_is_on_the_disk_before_the_name(tmp_path, monkeypatch):
    """A file system may be full only when it is asked to keep its word."""

    def full(descriptor):
        raise OSError(errno.EDQUOT, 'Disk quota exceeded')

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(UnwritableFileError, match=r'a .*quota exceeded\)'):
        AtomicLocalBackend().put(b'new', tmp_path / 'a')
    assert not list(tmp_path.iterdir())


def test_errors_of_the_block_that_are_no_system_s_pass(tmp_path):
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / 'a') as path:
        path.write_bytes(b'half')
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_missing_is_told(tmp_path):
    path = tmp_path / 'none' / 'a'
    with (
        pytest.raises(UnwritableFileError, match=f'{path} cannot be written'),
        whole_file(path) as partial,
    ):
        partial.write_bytes(b'x')


def test_leftovers_are_known_by_a_process_that_is_gone(tmp_path):
    gone = 2**22 + 1  # above what Linux numbers processes with
    left = [
        tmp_path / f'.iter_1.pth.{number}.partial'
        for number in (gone, 10**30, os.getpid())
    ]
    others = [
        tmp_path / name
        for name in (
            f'.iter_1.pth.{os.getppid()}.partial',
            f'iter_1.pth.{gone}.partial',
            '.iter_1.pth.partial',
            f'.iter_1.pth.{gone}',
        )
    ]
    below = tmp_path / 'below' / left[0].name
    below.parent.mkdir()
    for path in (*left, *others, below):
        path.touch()
    assert set(remove_leftovers(tmp_path)) == set(left)
    assert not any(map(Path.exists, left))
    assert all(map(Path.exists, (*others, below)))
