"""Files are written whole or not at all."""

import errno

import pytest
from mmengine.fileio import LocalBackend, get_file_backend, put_text

import aanet.registry  # noqa: F401  installs the backend
from aanet.utils.safe_saving import AtomicLocalBackend


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
