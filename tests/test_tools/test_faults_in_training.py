"""Images that cannot be read, and losses that are not finite."""

import re
import shutil

import pytest
import torch

from tests.helpers.forked import tool

TRAIN, TEST = 'tools/train.py', 'tools/test.py'


@pytest.fixture
def data(tiny_run, tmp_path):
    """A copy of the tiny set, to be damaged."""
    return shutil.copytree(tiny_run[0] / 'toy', tmp_path / 'toy')


def damage(folder, *numbers):
    """Cut some images short; their paths."""
    paths = sorted(folder.glob('*.jpg'))
    for number in numbers:
        path = paths[number]
        path.write_bytes(path.read_bytes()[:200])
    return [str(paths[number]) for number in numbers]


def train(tiny_run, data, work_dir, workers, *options):
    return tool(
        TRAIN,
        tiny_run[1],
        '--work-dir',
        work_dir,
        '--cfg-options',
        f'train_dataloader.dataset.data_root={data}',
        f'val_dataloader.dataset.data_root={data}',
        f'train_dataloader.num_workers={workers}',
        *options,
    )


def weights(path):
    return torch.load(path, weights_only=False)['state_dict']


@pytest.mark.parametrize('workers', [0, 2])
def test_an_unreadable_image_ends_training(tiny_run, data, tmp_path, workers):
    (path,) = damage(data / 'bounding_box_train', 7)
    error = train(tiny_run, data, tmp_path / 'work', workers).error
    assert f'image {path} cannot be read (' in error
    assert 'skip_unreadable=True' in error


SKIP = 'train_dataloader.dataset.skip_unreadable=True'


def test_or_is_replaced_and_counted(tiny_run, data, tmp_path):
    """The same images take their place, whoever draws them."""
    bad = damage(data / 'bounding_box_train', 3, 4, 20)
    runs = [
        train(tiny_run, data, tmp_path / f'work_{workers}', workers, SKIP)
        for workers in (0, 2)
    ]
    counted = '3 of 36 training images could not be read'
    names = ', '.join(bad)
    for run in runs:
        assert run.wait() == 0, run.printed[-3000:]
        for epoch in (1, 2):
            assert run.printed.count(f'{counted} up to epoch {epoch}, ') == 1
        last = f'{counted} in this run, and others took their place: {names}.'
        assert run.printed.count(last) == 1
    alone, shared = (
        weights(tmp_path / f'work_{n}' / 'epoch_2.pth') for n in (0, 2)
    )
    assert all(torch.equal(alone[key], shared[key]) for key in alone)
    whole = weights(tiny_run[2] / 'epoch_2.pth')
    assert not all(torch.equal(alone[key], whole[key]) for key in alone)


@pytest.mark.parametrize('part', ['query', 'bounding_box_test'])
def test_an_unreadable_image_ends_a_test(tiny_run, data, tmp_path, part):
    """A score on fewer images would be another score."""
    _, config, finished, _ = tiny_run
    (path,) = damage(data / part, -1)
    command = (
        *(TEST, config, finished / 'epoch_2.pth', '--work-dir', tmp_path),
        '--cfg-options',
        f'test_dataloader.dataset.data_root={data}',
    )
    error = tool(*command).error
    assert f'image {path} cannot be read (' in error
    assert 'only a training set may leave it out' in error
    skip = 'test_dataloader.dataset.skip_unreadable=True'
    assert 'skip_unreadable=True would change' in tool(*command, skip).error


def test_a_run_that_diverges_stops_and_names_the_way_on(tiny_run, tmp_path):
    _, config, _, _ = tiny_run
    command = (TRAIN, config, '--work-dir', tmp_path, '--cfg-options')
    run = tool(
        *command,
        'optim_wrapper.optimizer.lr=1e30',
        'default_hooks.checkpoint.by_epoch=False',
        'default_hooks.checkpoint.interval=1',
        'default_hooks.checkpoint.max_keep_ckpts=-1',
    )
    error = run.error
    place = r'the loss is not finite at epoch 1, iteration [2-6] of 6: '
    assert re.search(place, error)
    for name in ('loss_cls=', 'loss_triplet=', 'loss_acd=', 'loss_cam='):
        assert name in error
    for path in re.findall(r'--resume (\S+)', error):
        values = weights(path).values()
        assert all(torch.isfinite(value).all() for value in values)


def test_a_remedy_that_is_named_works(tiny_run, tmp_path):
    _, config, finished, _ = tiny_run
    command = (TRAIN, config, '--work-dir', tmp_path, '--resume')
    run = tool(
        *command,
        finished / 'epoch_1.pth',
        '--cfg-options',
        'optim_wrapper.clip_grad.max_norm=0.001',
    )
    assert run.wait() == 0, run.printed[-3000:]
    ours, theirs = (
        weights(folder / 'epoch_2.pth') for folder in (tmp_path, finished)
    )
    assert not all(torch.equal(ours[key], theirs[key]) for key in ours)
