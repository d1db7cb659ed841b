"""A run that dies and goes on ends as one that did not."""

from itertools import chain

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import Dataset, Sampler

BATCHES, BATCH_SIZE, EPOCHS = 4, 2, 3


class Numbers(Dataset):
    """The numbers 0..7."""

    def __len__(self):
        return BATCHES * BATCH_SIZE

    def __getitem__(self, index):
        return {'inputs': torch.tensor([float(index)])}


class Shuffled(Sampler):
    """Another order each epoch; can leave out the first batches."""

    def __init__(self, dataset, seed=0):
        self.size, self.epoch, self.start = len(dataset), 0, 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def set_start(self, batches):
        self.start = batches

    def __len__(self):
        return self.size

    def __iter__(self):
        generator = torch.Generator().manual_seed(self.epoch)
        order = torch.randperm(self.size, generator=generator).tolist()
        return iter(order[self.start * BATCH_SIZE :])


class Noisy(BaseModel):
    """A weight that follows the data and the dropout it draws."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.seen = []

    def forward(self, inputs, mode='tensor'):
        self.seen.append(inputs.flatten().tolist())
        target = (inputs * torch.rand_like(inputs)).mean()
        return {'loss_square': (self.weight - target).square().sum()}


class Accident(Hook):
    """Ends the run once this many iterations are done."""

    priority = 'LOWEST'

    def __init__(self, after):
        self.after = after

    def after_train_iter(self, runner, *_, **__):
        if runner.iter + 1 == self.after:
            raise KeyboardInterrupt


def make_runner(folder, accident=None, sampler=Shuffled, **kwargs):
    hooks = [{'type': 'IterationSeedHook'}]
    if accident is not None:
        hooks.append({'type': Accident, 'after': accident})
    return Runner(
        model={'type': Noisy},
        work_dir=str(folder),
        train_dataloader={
            'batch_size': BATCH_SIZE,
            'num_workers': 0,
            'dataset': {'type': Numbers},
            'sampler': {'type': sampler},
            'collate_fn': {'type': 'default_collate'},
        },
        train_cfg={'type': 'ResumableEpochTrainLoop', 'max_epochs': EPOCHS},
        optim_wrapper={
            'optimizer': {'type': 'SGD', 'lr': 0.3, 'momentum': 0.9}
        },
        param_scheduler={'type': 'MultiStepLR', 'milestones': [1, 2]},
        default_hooks={
            'checkpoint': kwargs.pop(
                'checkpoint',
                {'type': 'CheckpointHook', 'by_epoch': False, 'interval': 1},
            ),
            'logger': None,
        },
        custom_hooks=hooks,
        randomness={'seed': 5},
        default_scope='aanet',
        experiment_name=f'{folder.name}-{accident}-{len(kwargs)}',
        log_level='ERROR',
        **kwargs,
    )


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
    checkpoint = {'type': 'CheckpointHook', 'by_epoch': True, 'interval': 1}
    first = make_runner(
        tmp_path, 6, sampler='DefaultSampler', checkpoint=dict(checkpoint)
    )
    with pytest.raises(KeyboardInterrupt):
        first.train()
    second = make_runner(
        tmp_path,
        sampler='DefaultSampler',
        checkpoint=dict(checkpoint),
        resume=True,
    )
    second.train()
    assert len(second.model.seen) == (EPOCHS - 1) * BATCHES
    assert second.iter == EPOCHS * BATCHES


def test_a_checkpoint_of_a_run_loads_safely(uninterrupted, tmp_path):
    """What the Runner itself writes is on the list of harmless types."""
    again = make_runner(tmp_path)
    checkpoint = again.load_checkpoint(
        f'{uninterrupted.work_dir}/iter_{EPOCHS * BATCHES}.pth'
    )
    assert 'message_hub' in checkpoint
    assert torch.equal(again.model.weight, uninterrupted.model.weight)
