"""A loss that is not finite ends the run before it touches a weight."""

import math
import re
from types import SimpleNamespace
from typing import ClassVar

import pytest
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from aanet.engine import FiniteLossHook
from aanet.engine.hooks import finite_loss_hook
from aanet.registry import OPTIM_WRAPPERS
from tests.helpers.forked import in_two_processes
from tests.helpers.small_runs import BATCHES, EPOCHS, Noisy, make_runner

HOOKS = [{'type': 'FiniteLossHook'}]
POISONED = 6
"""The step, counted from 1, whose loss is not finite."""


class Poisoned(Noisy):
    """Its loss is spoilt in one step; it has a list and a mere figure too."""

    poison = math.nan

    def forward(self, inputs, mode='tensor'):
        losses = super().forward(inputs, mode)
        if mode == 'predict':
            return losses
        square = losses['loss_square']
        parts = [square * 0, square * 0 + 0.25]
        if len(self.seen) == POISONED:
            parts[0] = square * self.poison
        return losses | {'loss_parts': parts, 'pairs': square * math.nan}


def train(folder, **kwargs):
    runner = make_runner(folder, hooks=HOOKS, model=Poisoned, **kwargs)
    with pytest.raises(ValueError) as caught:
        runner.train()
    return runner, str(caught.value)


@pytest.mark.parametrize('poison', [math.nan, math.inf, -math.inf])
def test_the_run_stops_with_the_weights_before(tmp_path, monkeypatch, poison):
    monkeypatch.setattr(Poisoned, 'poison', poison)
    runner, message = train(tmp_path)
    assert len(runner.model.seen) == POISONED
    last = tmp_path / f'iter_{POISONED - 1}.pth'
    saved = torch.load(last, weights_only=False)
    assert torch.equal(runner.model.weight, saved['state_dict']['weight'])
    assert runner.model.weight.isfinite()
    epoch, index = divmod(POISONED - 1, BATCHES)
    place = f'epoch {epoch + 1}, iteration {index + 1} of {BATCHES}'
    assert f'the loss is not finite at {place}: ' in message
    assert re.search(r'loss_square=\d.*, loss_parts=(nan|inf|-inf)\.', message)
    assert 'pairs' not in message
    assert f'--resume {last} ' in message


def test_the_run_can_go_on_from_the_checkpoint_named(tmp_path):
    _, message = train(tmp_path / 'run')
    (path,) = re.findall(r'--resume (\S+)', message)
    second = make_runner(tmp_path, load_from=path, resume=True, hooks=HOOKS)
    second.train()
    whole = make_runner(tmp_path / 'whole')
    whole.train()
    assert torch.equal(second.model.weight, whole.model.weight)


def test_other_runs_are_left_alone(tmp_path):
    watched = make_runner(tmp_path / 'watched', hooks=HOOKS)
    watched.train()
    whole = make_runner(tmp_path / 'whole')
    whole.train()
    assert len(watched.model.seen) == EPOCHS * BATCHES
    assert torch.equal(watched.model.weight, whole.model.weight)
    assert not watched.model._forward_hooks
    optimizer = watched.optim_wrapper.optimizer
    assert not optimizer._optimizer_step_pre_hooks


def test_without_a_checkpoint_it_says_so(tmp_path):
    _, message = train(tmp_path, checkpoint={'interval': 50})
    assert 'No checkpoint with finite weights' in message
    assert '--resume' not in message


def test_a_checkpoint_that_is_spoilt_itself_is_not_named(tmp_path):
    """As when a gradient was not finite, a step before the loss shows it."""

    class Spoils(FiniteLossHook):
        priority = 'VERY_HIGH'

        def after_train_iter(self, runner, *args, **kwargs):
            if runner.iter + 2 == POISONED:
                with torch.no_grad():
                    runner.model.weight.fill_(math.nan)

    with pytest.raises(ValueError, match='is not finite') as caught:
        make_runner(tmp_path, hooks=[{'type': Spoils}]).train()
    assert (tmp_path / f'iter_{POISONED - 1}.pth').is_file()
    assert f'iter_{POISONED - 2}.pth: go on' in str(caught.value)


def test_while_gradients_are_accumulated(tmp_path):
    """The optimizer moves after steps 4, 8 and 12 only."""
    runner, message = train(tmp_path, optim_wrapper={'accumulative_counts': 4})
    assert len(runner.model.seen) == POISONED
    assert f'iter_{POISONED - 1}.pth: go on' in message
    assert runner.model.weight.isfinite()


def test_validation_is_not_its_business(tmp_path):
    hook, model = FiniteLossHook(), nn.Identity()
    hook.before_train(
        SimpleNamespace(model=model, optim_wrapper=OptimWrapperDict())
    )
    model.eval()
    model({'loss': torch.tensor(math.nan)})
    hook.after_train_iter(None, 0)


class OnAnAccelerator(torch.Tensor):
    """Says that it lies on a GPU, and notes how it is copied from there."""

    log: ClassVar[list[str]] = []
    is_cuda = True

    def to(self, device, non_blocking=False):
        self.log.append(f'copy to {device}, {non_blocking=}')
        return self.as_subclass(torch.Tensor)


class Event:
    """Stands in for an event of CUDA."""

    def record(self):
        OnAnAccelerator.log.append('record')

    def synchronize(self):
        OnAnAccelerator.log.append('synchronize')


def test_an_accelerator_is_asked_early_and_waited_for_late(monkeypatch):
    """The copy is ordered behind the forward pass, before the backward."""
    monkeypatch.setattr(torch.cuda, 'Event', Event)
    log = OnAnAccelerator.log
    total = torch.tensor(math.nan).as_subclass(OnAnAccelerator)
    alarm = finite_loss_hook._Alarm(total)
    assert log == ['copy to cpu, non_blocking=True', 'record']
    assert alarm
    assert log[2:] == ['synchronize']


LARGEST = 2.0**127
"""With this scale the first gradients are infinite."""


@OPTIM_WRAPPERS.register_module()
class ScaledOptimWrapper(OptimWrapper):
    """What mmengine's AmpOptimWrapper does, on a CPU too."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.scaler = torch.amp.GradScaler('cpu', init_scale=LARGEST)

    def backward(self, loss, **kwargs):
        self.scaler.scale(loss).backward(**kwargs)
        self._inner_count += 1

    def step(self, **kwargs):
        self.scaler.step(self.optimizer, **kwargs)
        self.scaler.update()


SCALED = {'type': 'ScaledOptimWrapper'}


def test_a_loss_scaler_may_skip_infinite_gradients(tmp_path):
    runner = make_runner(tmp_path, hooks=HOOKS, optim_wrapper=SCALED)
    runner.train()
    assert runner.optim_wrapper.scaler.get_scale() < LARGEST
    assert len(runner.model.seen) == EPOCHS * BATCHES
    assert runner.model.weight.isfinite() and runner.model.weight != 0


def test_but_a_loss_that_is_not_finite_is_none_of_its_business(tmp_path):
    runner, message = train(tmp_path, optim_wrapper=SCALED)
    assert len(runner.model.seen) == POISONED
    assert 'is not finite' in message
    assert runner.model.weight.isfinite()


def poisoned_rank(rank):
    """One step of which only rank 1 has a NaN."""

    class Model(nn.Linear):
        def forward(self, inputs):
            loss = super().forward(inputs).square().mean()
            return {'loss': loss * (math.nan if rank else 1.0)}

    torch.manual_seed(0)
    model = DistributedDataParallel(Model(3, 2))
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    runner = SimpleNamespace(
        model=model,
        optim_wrapper=wrapper,
        epoch=0,
        iter=0,
        train_dataloader=[0],
        work_dir='.',
    )
    FiniteLossHook().before_train(runner)
    before = model.module.weight.detach().clone()
    try:
        wrapper.update_params(model(torch.ones(1, 3))['loss'])
    except ValueError as error:
        print(error, torch.equal(model.module.weight, before))


def test_two_processes_stop_together(tmp_path):
    """The gradient of one is in the weights of both."""
    healthy, poisoned = in_two_processes(poisoned_rank, tmp_path)
    assert healthy.wait() == poisoned.wait() == 0, poisoned.printed
    assert 'of another process is not finite (here it is)' in healthy.printed
    assert 'the loss is not finite at epoch 1' in poisoned.printed
    assert 'loss=nan' in poisoned.printed
    for rank in (healthy, poisoned):
        assert rank.printed.strip().endswith('True')
