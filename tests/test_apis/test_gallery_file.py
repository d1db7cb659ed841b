import json
import os
import pickle
import signal
import time

import numpy as np
import pytest

from aanet.apis import Gallery
from aanet.apis.gallery_file import VERSION
from tests.helpers.forked import Forked


@pytest.fixture
def path(tmp_path):
    """A gallery of three images."""
    gallery = Gallery()
    gallery.add(np.eye(3, 4), [1, 2, 3], paths=['a', 'b', 'c'])
    gallery.save(tmp_path / 'new' / 'g.npz')
    return tmp_path / 'new' / 'g.npz'


def change(path, **parts):
    """Replace parts of a file; None removes one."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file}
    arrays.update(parts)
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})


def change_meta(path, **changes):
    with np.load(path) as file:
        meta = json.loads(file['meta'].tobytes())
    text = json.dumps({**meta, **changes}).encode()
    change(path, meta=np.frombuffer(text, np.uint8))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'g\.npz does not exist'):
        Gallery.open(tmp_path / 'g.npz')


def test_a_newer_file_is_named(path):
    change_meta(path, version=VERSION + 1, distance='hyperbolic')
    with pytest.raises(ValueError, match=r'format 2, .* newer .* update'):
        Gallery.open(path)


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, 'w')


def test_pickles_are_not_run(path, tmp_path):
    payload, whole = Payload(str(tmp_path / 'victim')), path.read_bytes()
    for part in ('meta', 'features', 'paths', 'pids'):
        path.write_bytes(whole)
        change(path, **{part: np.array([payload], dtype=object)})
        with pytest.raises(ValueError, match='no gallery'):
            Gallery.open(path)
    path.write_bytes(pickle.dumps(payload))
    with pytest.raises(ValueError, match='no gallery'):
        Gallery.open(path)
    assert not (tmp_path / 'victim').exists()


@pytest.mark.parametrize('content', [b'', b'nothing', b'PK\x03\x04', None])
def test_other_files_are_named(path, content):
    if content is None:
        np.savez(path, features=np.zeros((1, 2)))
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r'g\.npz is no gallery, or a dam'):
        Gallery.open(path)


def test_damage_anywhere_is_noticed(path):
    whole = path.read_bytes()
    step = max(1, len(whole) // 60)
    for position in range(0, len(whole), step):
        flipped = bytes([whole[position] ^ 0x55])
        path.write_bytes(whole[:position] + flipped + whole[position + 1 :])
        try:
            opened = Gallery.open(path)
        except ValueError as error:
            assert 'no gallery' in str(error) or 'newer' in str(error)
        else:
            # A byte that means nothing, such as a date.
            assert opened.entries.paths.tolist() == ['a', 'b', 'c']
            np.testing.assert_array_equal(
                opened.entries.features, np.eye(3, 4)
            )
    for size in (10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match='no gallery'):
            Gallery.open(path)


@pytest.mark.parametrize(
    'parts',
    [
        {'features': np.zeros((2, 4), np.float32)},
        {'features': np.zeros((3, 4))},
        {'features': np.full((3, 4), np.nan, np.float32)},
        {'features': None},
        {'pids': np.zeros(3, np.int32)},
        {'camids': np.zeros(4, np.int64)},
        {'uids': np.array([0, 0, 1])},
        {'paths': np.frombuffer(b'["a", "b", 3]', np.uint8)},
        {'paths': np.frombuffer(b'["a", "b"', np.uint8)},
        {'meta': np.frombuffer(b'[' * 100_000, np.uint8)},
        {'meta': np.frombuffer(b'[]', np.uint8)},
    ],
)
def test_columns_that_do_not_fit_are_named(path, parts):
    change(path, **parts)
    with pytest.raises(ValueError, match='no gallery'):
        Gallery.open(path)


@pytest.mark.parametrize(
    'changes',
    [
        {'version': '1'},
        {'format': 'other'},
        {'distance': 'x'},
        {'search': {'kind': 'x'}},
        {'search': None},
        {'identity': {'name': 'x'}},
        {'threshold': {'value': 1}},
        {'next_uid': 'x'},
    ],
)
def test_descriptions_that_are_damaged_are_named(path, changes):
    change_meta(path, **changes)
    with pytest.raises(ValueError, match='no gallery'):
        Gallery.open(path)


def save_again_and_again(path):
    gallery = Gallery.open(path)
    gallery.add(np.random.default_rng(0).normal(size=(20_000, 4)))
    while True:
        gallery.save(path)


@pytest.mark.parametrize('delay', [0.02, 0.07])
def test_a_kill_leaves_a_whole_file(path, delay):
    before = path.stat().st_mtime_ns
    process = Forked(save_again_and_again, path)
    while path.stat().st_mtime_ns == before:
        assert process.is_alive(), process.printed
        time.sleep(0.005)
    time.sleep(delay)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert len(Gallery.open(path)) == 20_003


def test_an_error_leaves_the_old_file(path, monkeypatch):
    gallery = Gallery.open(path)
    gallery.remove(pids=[1])

    def fail(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, 'savez', fail)
    with pytest.raises(KeyboardInterrupt):
        gallery.save(path)
    assert len(Gallery.open(path)) == 3
    assert [p.name for p in path.parent.iterdir()] == ['g.npz']
