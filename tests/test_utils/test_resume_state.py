"""A checkpoint that a run cannot go on from says so."""

import pytest
import torch

from tests.helpers.small_runs import BATCHES, EPOCHS, make_runner, validated

HOOKS = [{'type': 'CheckpointMatchHook'}]
TWO_SCHEDULERS = [{'type': 'MultiStepLR', 'milestones': [n]} for n in (1, 2)]


@pytest.fixture
def half_way(tmp_path):
    """Path of a checkpoint, and how to go on from it."""
    with pytest.raises(KeyboardInterrupt):
        make_runner(tmp_path, BATCHES + 1).train()
    path = tmp_path / f'iter_{BATCHES + 1}.pth'

    def go_on(change=None, **kwargs):
        checkpoint = torch.load(path, weights_only=False)
        if change is not None:
            change(checkpoint)
        torch.save(checkpoint, path)
        runner = make_runner(
            tmp_path, hooks=HOOKS, resume=True, load_from=str(path), **kwargs
        )
        runner.train()
        return runner

    return go_on


def without(*names):
    def change(checkpoint):
        for name in names:
            checkpoint.pop(name)

    return change


def test_an_unchanged_one_is_fine(half_way):
    assert half_way().iter == EPOCHS * BATCHES


@pytest.mark.parametrize(
    ('names', 'message'),
    [
        (['message_hub'], 'holds no message_hub, so that no run can be resu'),
        (
            ['optimizer'],
            r'holds no optimizer, .*best_\*\.pth are of that kind',
        ),
        (['param_schedulers'], 'holds no param_schedulers'),
        (['meta'], r'holds no meta, meta\.epoch, meta\.iter'),
    ],
)
def test_parts_that_are_missing_are_named(half_way, names, message):
    with pytest.raises(ValueError, match=message) as caught:
        half_way(without(*names))
    assert 'load_from=FILE' in str(caught.value)


def test_meta_without_a_position(half_way):
    with pytest.raises(ValueError, match=r'holds no meta\.iter'):
        half_way(lambda checkpoint: checkpoint['meta'].pop('iter'))


def test_schedulers_that_the_config_lacks_are_not_missed(half_way):
    runner = half_way(without('param_schedulers'), param_scheduler=None)
    assert runner.iter == EPOCHS * BATCHES


def test_another_number_of_schedulers(half_way):
    message = r'holds 1 parameter schedulers, .*config has 2'
    with pytest.raises(ValueError, match=message):
        half_way(param_scheduler=TWO_SCHEDULERS)


def test_other_groups_of_parameters(half_way):
    def change(checkpoint):
        groups = checkpoint['optimizer']['param_groups']
        groups.append({**groups[0], 'params': [1, 2]})

    message = r'has 2 groups of 3 parameters, that of the config 1 of 1'
    with pytest.raises(ValueError, match=message):
        half_way(change)


def test_another_optimizer(half_way):
    adam = {'optimizer': {'type': 'Adam', 'lr': 0.1}}
    message = r'another optimizer than Adam, without betas, eps'
    with pytest.raises(ValueError, match=message):
        half_way(optim_wrapper=adam)


@pytest.mark.parametrize('name', ['foreach', 'maximize', 'differentiable'])
def test_switches_of_other_versions_of_torch_are_no_matter(half_way, name):
    def change(checkpoint):
        for group in checkpoint['optimizer']['param_groups']:
            group.pop(name)
            group['switch_of_the_future'] = True

    assert half_way(change).iter == EPOCHS * BATCHES


def test_the_best_checkpoint_is_for_testing(tmp_path):
    best = {'by_epoch': True, 'save_best': 'mAP'}
    make_runner(tmp_path, checkpoint=best, **validated([1, 2, 3])).train()
    (path,) = tmp_path.glob('best_*.pth')
    runner = make_runner(
        tmp_path, hooks=HOOKS, load_from=str(path), resume=True
    )
    with pytest.raises(ValueError, match='no optimizer, param_schedulers'):
        runner.train()
    make_runner(tmp_path, hooks=HOOKS, load_from=str(path)).train()
