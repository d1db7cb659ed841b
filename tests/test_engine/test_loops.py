"""A run that dies and goes on ends as one that did not."""

from itertools import chain

import pytest
import torch
from mmengine.hooks import Hook

from tests.helpers.small_runs import BATCHES, EPOCHS, make_runner, validated


@pytest.fixture(scope='module')
def uninterrupted(tmp_path_factory):
    runner = make_runner(tmp_path_factory.mktemp('whole'))
    runner.train()
    assert len(runner.model.seen) == EPOCHS * BATCHES
    return runner


# 4 is the last iteration of an epoch, before the epoch's hooks have run.
@pytest.mark.parametrize('accident', [1, 3, 4, 6, 11])
def test_resumed_run_ends_as_the_uninterrupted_one(
    uninterrupted, tmp_path, accident
):
    first = make_runner(tmp_path, accident)
    with pytest.raises(KeyboardInterrupt):
        first.train()
    second = make_runner(tmp_path, resume=True)
    second.train()
    assert len(first.model.seen) == accident
    assert first.model.seen + second.model.seen == uninterrupted.model.seen
    assert torch.equal(second.model.weight, uninterrupted.model.weight)
    assert second.iter == uninterrupted.iter == EPOCHS * BATCHES
    assert second.epoch == uninterrupted.epoch == EPOCHS
    ours, theirs = (
        runner.optim_wrapper.get_lr()['lr']
        for runner in (second, uninterrupted)
    )
    assert ours == pytest.approx(theirs)


def test_epochs_differ_and_hold_every_image_once(uninterrupted):
    """Otherwise equal runs would prove nothing about the order."""
    seen = uninterrupted.model.seen
    epochs = [seen[i : i + BATCHES] for i in range(0, len(seen), BATCHES)]
    assert epochs[0] != epochs[1] != epochs[2]
    for epoch in epochs:
        assert sorted(chain(*epoch)) == [float(i) for i in range(8)]


def test_a_sampler_that_cannot_skip_is_refused_inside_an_epoch(tmp_path):
    first = make_runner(tmp_path, 2, sampler='DefaultSampler')
    with pytest.raises(KeyboardInterrupt):
        first.train()
    second = make_runner(tmp_path, sampler='DefaultSampler', resume=True)
    message = r'2 iterations into an epoch, and DefaultSampler cannot skip'
    with pytest.raises(ValueError, match=message) as caught:
        second.train()
    assert 'by_epoch=True' in str(caught.value)
    assert second.model.seen == []


def test_such_a_sampler_resumes_at_an_epoch_s_end(tmp_path):
    checkpoint = {'by_epoch': True}
    first = make_runner(
        tmp_path, 6, sampler='DefaultSampler', checkpoint=checkpoint
    )
    with pytest.raises(KeyboardInterrupt):
        first.train()
    second = make_runner(
        tmp_path,
        sampler='DefaultSampler',
        checkpoint=checkpoint,
        resume=True,
    )
    second.train()
    assert len(second.model.seen) == (EPOCHS - 1) * BATCHES
    assert second.iter == EPOCHS * BATCHES


class DiesInValidation(Hook):
    """Ends the run as it is validated after so many iterations."""

    def __init__(self, after):
        self.after = after

    def before_val(self, runner):
        if runner.iter == self.after:
            raise KeyboardInterrupt


@pytest.mark.parametrize('by_epoch', [True, False])
@pytest.mark.parametrize('epoch', [1, 2, EPOCHS])
def test_a_validation_that_was_cut_off_is_made_up_for(
    tmp_path, epoch, by_epoch
):
    """Otherwise the best of the run may be missing at its end."""
    scores = [0.1, 0.3, 0.2]
    scores[epoch - 1] = 0.9
    setting = validated(scores) | {
        'checkpoint': {'by_epoch': by_epoch, 'save_best': 'mAP'}
    }
    dying = [{'type': DiesInValidation, 'after': epoch * BATCHES}]
    first = make_runner(tmp_path, hooks=dying, **setting)
    with pytest.raises(KeyboardInterrupt):
        first.train()
    second = make_runner(tmp_path, resume=True, **setting)
    second.train()
    seen = second.val_evaluator.metrics[0].seen
    assert seen == list(range(epoch, EPOCHS + 1))
    number = f'epoch_{epoch}' if by_epoch else f'iter_{epoch * BATCHES}'
    best = [path.name for path in tmp_path.glob('best_*')]
    assert best == [f'best_mAP_{number}.pth']


@pytest.mark.parametrize('interval', [1, 2])
def test_only_the_epochs_whose_turn_it_is_are_validated(tmp_path, interval):
    setting = validated([0.1, 0.2, 0.3])
    first = make_runner(
        tmp_path, BATCHES + 1, checkpoint={'by_epoch': True}, **setting
    )
    with pytest.raises(KeyboardInterrupt):
        first.train()
    second = make_runner(
        tmp_path, checkpoint={'by_epoch': True}, resume=True, **setting
    )
    second.train_loop.val_interval = interval
    second.train_loop.dynamic_intervals = [interval]
    second.train()
    expected = [1, 2, 3] if interval == 1 else [2, 3]
    assert second.val_evaluator.metrics[0].seen == expected


@pytest.mark.parametrize('batch_size', [1, 4])
def test_an_epoch_of_another_length_is_refused(tmp_path, batch_size):
    """As after a change of the number of GPUs."""
    setting = {'checkpoint': {'by_epoch': True}}
    with pytest.raises(KeyboardInterrupt):
        make_runner(tmp_path, 2 * BATCHES + 1, **setting).train()
    second = make_runner(
        tmp_path, resume=True, batch_size=batch_size, **setting
    )
    message = rf'2 epochs and 8 iterations, .* has {8 // batch_size}: resume'
    with pytest.raises(ValueError, match=message):
        second.train()
    assert second.model.seen == []


def test_a_checkpoint_of_a_run_loads_safely(uninterrupted, tmp_path):
    """What the Runner itself writes is on the list of harmless types."""
    again = make_runner(tmp_path)
    checkpoint = again.load_checkpoint(
        f'{uninterrupted.work_dir}/iter_{EPOCHS * BATCHES}.pth'
    )
    assert 'message_hub' in checkpoint
    assert torch.equal(again.model.weight, uninterrupted.model.weight)
