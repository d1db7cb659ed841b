"""Whatever happens, there is a checkpoint to go on from."""

import errno
import os
import subprocess
import sys

import pytest
from mmengine.fileio import LocalBackend

from aanet.engine import SafeCheckpointHook
from aanet.utils.safe_saving import UnwritableFileError
from tests.helpers.small_runs import BATCHES, EPOCHS, make_runner, validated

LAST = EPOCHS * BATCHES


def checkpoints(folder):
    return {path.stem for path in folder.glob('*.pth')}


@pytest.fixture
def full_at(monkeypatch):
    """``full_at(name)``: the disk is full when that file is written."""
    write = LocalBackend.put

    def full_at(name):
        def put(self, obj, filepath):
            write(self, obj[: len(obj) // 2], filepath)
            if name in str(filepath):
                raise OSError(errno.ENOSPC, 'No space left on device')
            write(self, obj, filepath)

        monkeypatch.setattr(LocalBackend, 'put', put)

    return full_at


@pytest.mark.parametrize('keep', [1, 2, 5, -1])
def test_as_many_are_kept_as_asked_for(tmp_path, keep):
    make_runner(tmp_path, checkpoint={'max_keep_ckpts': keep}).train()
    kept = LAST if keep < 0 else keep
    numbers = range(LAST - kept + 1, LAST + 1)
    assert checkpoints(tmp_path) == {f'iter_{n}' for n in numbers}


@pytest.mark.parametrize('keep', [1, 2])
def test_the_last_one_outlives_a_full_disk(tmp_path, full_at, keep):
    full_at('iter_6')
    setting = {'checkpoint': {'max_keep_ckpts': keep}}
    with pytest.raises(UnwritableFileError, match=r'iter_6\.pth'):
        make_runner(tmp_path, **setting).train()
    assert checkpoints(tmp_path) == {f'iter_{n}' for n in range(6 - keep, 6)}
    assert not list(tmp_path.glob('.*'))
    full_at('nothing')
    second = make_runner(tmp_path, resume=True, **setting)
    second.train()
    assert len(second.model.seen) == LAST - 5
    assert checkpoints(tmp_path) == {f'iter_{LAST - n}' for n in range(keep)}


def test_the_best_one_outlives_a_full_disk(tmp_path, full_at):
    full_at('best_mAP_epoch_2')
    setting = validated([0.1, 0.2, 0.15]) | {
        'checkpoint': {'by_epoch': True, 'save_best': 'mAP'}
    }
    with pytest.raises(UnwritableFileError, match='best_mAP_epoch_2'):
        make_runner(tmp_path, **setting).train()
    assert checkpoints(tmp_path) == {'epoch_1', 'epoch_2', 'best_mAP_epoch_1'}
    full_at('nothing')
    make_runner(tmp_path, resume=True, **setting).train()
    assert checkpoints(tmp_path) == {
        *(f'epoch_{n}' for n in range(1, EPOCHS + 1)),
        'best_mAP_epoch_2',
    }


def test_killed_before_it_could_remove_the_oldest(tmp_path, monkeypatch):
    """The run that goes on does it instead."""

    def remove(self, filepath):
        raise KeyboardInterrupt

    setting = {'checkpoint': {'max_keep_ckpts': 2}}
    with monkeypatch.context() as context:
        context.setattr(LocalBackend, 'remove', remove)
        with pytest.raises(KeyboardInterrupt):
            make_runner(tmp_path, **setting).train()
    assert checkpoints(tmp_path) == {'iter_1', 'iter_2', 'iter_3'}
    make_runner(tmp_path, resume=True, **setting).train()
    assert checkpoints(tmp_path) == {f'iter_{LAST - 1}', f'iter_{LAST}'}


def test_the_best_is_not_removed_where_it_is_written_again(tmp_path):
    """As when the resumed run validates once more, with another rounding."""
    setting = {'checkpoint': {'by_epoch': True, 'save_best': 'mAP'}}
    first = make_runner(
        tmp_path, BATCHES + 1, **setting, **validated([0.5, 0.1, 0.1])
    )
    with pytest.raises(KeyboardInterrupt):
        first.train()
    scores = validated([0.50001, 0.1, 0.1])
    make_runner(tmp_path, resume=True, **setting, **scores).train()
    assert 'best_mAP_epoch_1' in checkpoints(tmp_path)


def test_the_best_of_the_run_that_was_resumed_elsewhere_stays(tmp_path):
    setting = {'checkpoint': {'by_epoch': True, 'save_best': 'mAP'}}
    setting |= validated([0.1, 0.2, 0.3])
    first, second = tmp_path / 'first', tmp_path / 'second'
    with pytest.raises(KeyboardInterrupt):
        make_runner(first, BATCHES + 1, **setting).train()
    path = str(first / 'epoch_1.pth')
    make_runner(second, load_from=path, resume=True, **setting).train()
    assert checkpoints(first) == {'epoch_1', 'best_mAP_epoch_1'}
    assert 'best_mAP_epoch_3' in checkpoints(second)


def test_several_best_ones(tmp_path):
    setting = validated([0.1, 0.2, 0.15]) | {
        'checkpoint': {
            'by_epoch': True,
            'save_best': ['mAP', 'loss'],
            'rule': ['greater', 'less'],
            'max_keep_ckpts': 1,
        }
    }
    runner = make_runner(tmp_path, **setting)
    metric = runner.val_evaluator.metrics[0]
    scores = metric.compute_metrics
    metric.compute_metrics = lambda results: {
        'mAP': scores(results)['mAP'],
        'loss': scores(results)['mAP'],
    }
    runner.train()
    assert checkpoints(tmp_path) == {
        f'epoch_{EPOCHS}',
        'best_mAP_epoch_2',
        'best_loss_epoch_1',
    }


def test_files_half_written_by_the_dead_are_removed(tmp_path):
    dead = subprocess.Popen([sys.executable, '-c', ''])
    dead.wait()
    names = {
        'of the dead': f'.iter_3.pth.{dead.pid}.partial',
        'of a process with my number': f'.iter_4.pth.{os.getpid()}.partial',
        'of the living': f'.iter_5.pth.{os.getppid()}.partial',
        'of somebody else': '.notes.partial',
    }
    for name in names.values():
        (tmp_path / name).touch()
    make_runner(tmp_path).train()
    left = {path.name for path in tmp_path.glob('.*')}
    assert left == {names['of the living'], names['of somebody else']}


def test_the_default_runtime_uses_it():
    from mmengine.config import Config

    cfg = Config.fromfile('configs/_base_/default_runtime.py')
    assert cfg.default_hooks.checkpoint.type == SafeCheckpointHook.__name__
    assert {'FiniteLossHook', 'SkippedImagesHook'} <= {
        hook.type for hook in cfg.custom_hooks
    }
