"""Runs of a model with one weight, over in a moment."""

from itertools import count

import torch
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.logging import MessageHub
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import Dataset, Sampler

BATCHES, BATCH_SIZE, EPOCHS = 4, 2, 3

_RUNS = count()


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
        if mode == 'predict':
            return [self.weight.item()]
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


class Score(BaseMetric):
    """Gives each epoch the score that it is told to."""

    def __init__(self, of_epochs):
        super().__init__()
        self.of_epochs = of_epochs
        self.seen = []

    def process(self, data_batch, data_samples):
        self.results.append(data_samples)

    def compute_metrics(self, results):
        iteration = MessageHub.get_current_instance().get_info('iter')
        epoch = (iteration + 1) // BATCHES
        self.seen.append(epoch)
        return {'mAP': self.of_epochs[epoch - 1]}


def data_loader(sampler, batch_size=BATCH_SIZE):
    return {
        'batch_size': batch_size,
        'num_workers': 0,
        'dataset': {'type': Numbers},
        'sampler': {'type': sampler},
        'collate_fn': {'type': 'default_collate'},
    }


def validated(scores):
    """Arguments of :func:`make_runner` for scores of the epochs."""
    return {
        'val_dataloader': data_loader('DefaultSampler'),
        'val_cfg': {},
        'val_evaluator': {'type': Score, 'of_epochs': scores},
    }


def make_runner(
    folder,
    accident=None,
    sampler=Shuffled,
    hooks=(),
    model=Noisy,
    checkpoint=None,
    optim_wrapper=None,
    batch_size=BATCH_SIZE,
    **kwargs,
):
    hooks = [{'type': 'IterationSeedHook'}, *hooks]
    if accident is not None:
        hooks.append({'type': Accident, 'after': accident})
    optimizer = {'type': 'SGD', 'lr': 0.3, 'momentum': 0.9}
    return Runner(
        model={'type': model},
        work_dir=str(folder),
        train_dataloader=data_loader(sampler, batch_size),
        train_cfg={'type': 'ResumableEpochTrainLoop', 'max_epochs': EPOCHS},
        optim_wrapper={'optimizer': optimizer, **(optim_wrapper or {})},
        param_scheduler=kwargs.pop(
            'param_scheduler', {'type': 'MultiStepLR', 'milestones': [1, 2]}
        ),
        default_hooks={
            'checkpoint': {
                'type': 'SafeCheckpointHook',
                'by_epoch': False,
                'interval': 1,
                **(checkpoint or {}),
            },
            'logger': None,
        },
        custom_hooks=hooks,
        randomness={'seed': 5},
        default_scope='aanet',
        experiment_name=f'{folder.name}-{next(_RUNS)}',
        log_level='ERROR',
        **kwargs,
    )
