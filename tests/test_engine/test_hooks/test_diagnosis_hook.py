"""Diagnosed runs end as others do, and their log has the figures."""

import json

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)

from aanet.engine import DiagnosisHook
from aanet.utils.log_reading import read_training_log
from tests.helpers.small_runs import make_runner
from tests.helpers.tools import write_tiny_config

EXTRA = """
{wrapper}
custom_hooks = [
    *_base_.custom_hooks,
    {hook}
]
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval=9))
"""
HOOK = "dict(type='DiagnosisHook', interval=4),"
PRECISIONS = {
    'fp32': '',
    'bf16': "optim_wrapper = dict(type='BF16OptimWrapper')",
}
ITERATIONS = 12


class Losses(Hook):
    """Remembers the losses of every step."""

    def __init__(self):
        self.seen = []

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        self.seen.append({k: v.item() for k, v in outputs.items()})


def train(folder, data, hook, wrapper):
    """A tiny training: runner, work folder and the losses of its steps."""
    folder.mkdir()
    text = EXTRA.format(hook=hook, wrapper=wrapper)
    path = write_tiny_config(folder, text)
    path.write_text(
        path.read_text('utf-8').replace(str(folder / 'toy'), str(data)),
        'utf-8',
    )
    cfg = Config.fromfile(path)
    cfg.work_dir = str(folder / 'run')
    losses = Losses()
    with DefaultScope.overwrite_default_scope('aanet'):
        runner = Runner.from_cfg(cfg)
        runner.register_hook(losses)
        runner.train()
    runner.visualizer.close()
    return runner, folder / 'run', losses.seen


@pytest.fixture(scope='module', params=list(PRECISIONS))
def runs(request, tmp_path_factory):
    """A run with the hook and one without."""
    folder = tmp_path_factory.mktemp(request.param)
    data, wrapper = folder / 'toy', PRECISIONS[request.param]
    return (
        train(folder / 'with', data, HOOK, wrapper),
        train(folder / 'without', data, '', wrapper),
    )


def test_the_weights_are_those_without_it(runs):
    (watched, _, losses), (plain, _, plain_losses) = runs
    assert losses == plain_losses and len(losses) == ITERATIONS
    ours, theirs = watched.model.state_dict(), plain.model.state_dict()
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert torch.equal(ours[name], theirs[name]), name
    states = [
        runner.optim_wrapper.optimizer.state_dict()['state']
        for runner in (watched, plain)
    ]
    for one, other in zip(*(s.values() for s in states), strict=True):
        assert torch.equal(one['momentum_buffer'], other['momentum_buffer'])


def test_the_figures_are_those_of_the_step(runs):
    """The losses measured are the step's own, dropout and all."""
    (_, work_dir, losses), _ = runs
    (path,) = work_dir.glob('*/vis_data/scalars.json')
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    found = [e for e in entries if 'diagnosis/value/loss_cls' in e]
    assert [entry['step'] for entry in found] == [4, 8, 12]
    for entry in found:
        step = losses[entry['step'] - 1]
        for name in ('loss_cls', 'loss_triplet', 'loss_acd', 'loss_cam'):
            expected = pytest.approx(step[name], rel=1e-6)
            assert entry[f'diagnosis/value/{name}'] == expected
        assert 'diagnosis/gate/layer4.1/mean' in entry
        assert 'diagnosis/aam/kept_height' in entry


def test_tensorboard_has_them(runs):
    (_, work_dir, _), _ = runs
    (events,) = work_dir.glob('*/vis_data/events*')
    board = EventAccumulator(str(events))
    board.Reload()
    shown = board.Scalars('diagnosis/grad_map/loss_triplet')
    assert [event.step for event in shown] == [4, 8, 12]
    assert all(event.value > 0 for event in shown)


def test_the_log_can_be_read_as_before(runs):
    """Figures are no scores: the validation is still found."""
    logs = [read_training_log(work_dir) for _, work_dir, _ in runs]
    watched, plain = logs
    assert watched.curve('reid/mAP') == plain.curve('reid/mAP')
    assert watched.train.keys() == plain.train.keys()
    steps, _ = watched.curve('diagnosis/metric/hardest_positive')
    assert steps == [4, 8, 12]


def test_other_models_are_refused_before_the_first_step(tmp_path):
    runner = make_runner(tmp_path, hooks=[{'type': 'DiagnosisHook'}])
    with pytest.raises(ValueError, match=r'only a ReIDNet .* is a Noisy'):
        runner.train()
    assert runner.iter == 0


def test_the_interval_is_checked():
    with pytest.raises(ValueError, match='at least 1, not 0'):
        DiagnosisHook(interval=0)
