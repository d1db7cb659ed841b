"""Checkpoints of strangers run no code; those of other versions load."""

import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.helpers.forked import tool

TRAIN, TEST = 'tools/train.py', 'tools/test.py'


class Payload:
    """Makes a folder when it is unpickled."""

    def __init__(self, trap: Path) -> None:
        self.trap = trap

    def __reduce__(self):
        return os.mkdir, (str(self.trap),)


@pytest.fixture
def evil(tmp_path):
    """A checkpoint with a payload, and where that would strike."""
    path, trap = tmp_path / 'work' / 'epoch_1.pth', tmp_path / 'struck'
    path.parent.mkdir()
    torch.save({'state_dict': {}, 'meta': Payload(trap)}, path)
    return path, trap


def commands(config: Path, path: Path, folder: Path) -> dict[str, tuple]:
    """Every way in which a tool takes a checkpoint."""
    own = folder / 'own.py'
    pretrained = {'_delete_': True, 'type': 'Pretrained'}
    pretrained['checkpoint'] = str(path)
    own.write_text(
        f"_base_ = '{config}'\n"
        f'model = dict(backbone=dict(init_cfg={pretrained}))',
        'utf-8',
    )
    (path.parent / 'last_checkpoint').write_text(str(path), 'utf-8')
    return {
        '--resume FILE': (TRAIN, config, '--resume', path),
        '--resume': (TRAIN, config, '--resume'),
        'load_from': (TRAIN, config, '--cfg-options', f'load_from={path}'),
        'init_cfg': (TRAIN, own),
        'test.py': (TEST, config, path),
    }


WAYS = ('--resume FILE', '--resume', 'load_from', 'init_cfg', 'test.py')


@pytest.mark.parametrize('way', WAYS)
def test_no_way_in_runs_code(tiny_run, tmp_path, evil, way):
    path, trap = evil
    command = commands(tiny_run[1], path, tmp_path)[way]
    error = tool(*command, '--work-dir', path.parent).error
    assert str(path) in error
    assert 'could run code' in error
    assert not trap.exists()


def edited(source: Path, target: Path, part: str, edit) -> None:
    """Copy a checkpoint with one of its parts changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, 'w') as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(part):
                assert edit(content) != content
                content = edit(content)
            new.writestr(name, content)


def legacy(source: Path, target: Path) -> None:
    """As torch wrote them before 1.6."""
    checkpoint = torch.load(source, weights_only=False)
    torch.save(checkpoint, target, _use_new_zipfile_serialization=False)


def other_numpy(source: Path, target: Path) -> None:
    """With the module that the other major version of numpy names."""
    names = [b'numpy._core.multiarray', b'numpy.core.multiarray']
    if np.lib.NumpyVersion(np.__version__) < '2.0.0':
        names.reverse()
    edited(source, target, 'data.pkl', lambda text: text.replace(*names))


def old_mmengine(source: Path, target: Path) -> None:
    """With little more in the meta than a position."""
    checkpoint = torch.load(source, weights_only=False)
    meta = {key: checkpoint['meta'][key] for key in ('epoch', 'iter')}
    checkpoint['meta'] = meta | {'mmengine_version': '0.1.0', 'CLASSES': None}
    torch.save(checkpoint, target)


def data_parallel(source: Path, target: Path) -> None:
    """With the names of a wrapped model."""
    checkpoint = torch.load(source, weights_only=False)
    checkpoint['state_dict'] = {
        f'module.{name}': value
        for name, value in checkpoint['state_dict'].items()
    }
    torch.save(checkpoint, target)


@pytest.mark.parametrize(
    'rewrite', [legacy, other_numpy, old_mmengine, data_parallel]
)
def test_other_versions_can_be_resumed(tiny_run, tmp_path, rewrite):
    """The run ends with the weights of the one whose checkpoint it was."""
    _, config, finished, _ = tiny_run
    path = tmp_path / 'old.pth'
    rewrite(finished / 'epoch_1.pth', path)
    run = tool(TRAIN, config, '--work-dir', tmp_path, '--resume', path)
    assert run.wait() == 0, run.printed[-3000:]
    ours, theirs = (
        torch.load(folder / 'epoch_2.pth', weights_only=False)['state_dict']
        for folder in (tmp_path, finished)
    )
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def newer_torch(source: Path, target: Path) -> None:
    edited(source, target, 'version', lambda text: b'99\n')


def newer_pickle(source: Path, target: Path) -> None:
    checkpoint = torch.load(source, weights_only=False)
    torch.save(checkpoint, target, pickle_protocol=4)


def without_optimizer(source: Path, target: Path) -> None:
    checkpoint = torch.load(source, weights_only=False)
    del checkpoint['optimizer']
    torch.save(checkpoint, target)


def one_tensor(source: Path, target: Path) -> None:
    torch.save(torch.ones(3), target)


@pytest.mark.parametrize(
    ('rewrite', 'words'),
    [
        (newer_torch, 'was written by a newer torch'),
        (newer_pickle, 'AANET_TRUST_CHECKPOINTS=1'),
        (without_optimizer, 'holds no optimizer'),
        (one_tensor, 'holds no weights by name'),
    ],
)
def test_the_others_say_what_is_wrong(tiny_run, tmp_path, rewrite, words):
    _, config, finished, _ = tiny_run
    path = tmp_path / 'other.pth'
    rewrite(finished / 'epoch_1.pth', path)
    run = tool(TRAIN, config, '--work-dir', tmp_path, '--resume', path)
    assert words in run.error


def test_the_edits_are_sound(tiny_run, tmp_path):
    """A copy that changes nothing of note loads; the others do differ."""
    source = tiny_run[2] / 'epoch_1.pth'
    shutil.copy(source, tmp_path / 'same.pth')
    other_numpy(source, tmp_path / 'other.pth')
    same, other = (
        torch.load(tmp_path / f'{name}.pth', weights_only=False)
        for name in ('same', 'other')
    )
    assert same['meta'] == other['meta']
    assert same['message_hub'].keys() == other['message_hub'].keys()
