"""Hooks that measure."""

import itertools
from types import SimpleNamespace

import pytest
import torch
from mmengine.logging import MessageHub

from aanet.engine import ExtractionTimeHook, ThroughputHook
from aanet.engine.hooks import extraction_time_hook, throughput_hook


@pytest.fixture
def runner(request):
    hub = MessageHub.get_instance(request.node.name)
    loader = SimpleNamespace(batch_size=30)
    return SimpleNamespace(
        message_hub=hub, train_dataloader=loader, model=torch.nn.Identity()
    )


def every_half_second(monkeypatch):
    clock = itertools.count(0, 0.5)
    monkeypatch.setattr(
        extraction_time_hook.time, 'perf_counter', lambda: next(clock)
    )


def test_extraction_time_adds_up_over_a_pass(runner, monkeypatch):
    every_half_second(monkeypatch)
    hook = ExtractionTimeHook()
    for _ in range(2):
        # The second pass starts anew.
        hook.before_test_epoch(runner)
        for index, size in enumerate((4, 4, 2)):
            batch = {'inputs': torch.zeros(size, 3, 2, 2)}
            hook.before_test_iter(runner, index, batch)
            hook.after_test_iter(runner, index, batch, [])
        assert runner.message_hub.get_info('extraction_images') == 10
        seconds = runner.message_hub.get_info('extraction_seconds')
        assert seconds == pytest.approx(1.5)


def test_extraction_counts_the_images_of_all_ranks(runner, monkeypatch):
    monkeypatch.setattr(extraction_time_hook, 'get_world_size', lambda: 2)
    hook = ExtractionTimeHook()
    hook.before_val_epoch(runner)
    batch = {'inputs': [torch.zeros(3, 2, 2)] * 5}
    hook.before_val_iter(runner, 0, batch)
    hook.after_val_iter(runner, 0, batch, [])
    assert runner.message_hub.get_info('extraction_images') == 10


@pytest.mark.parametrize('wrapped', [False, True])
def test_the_metric_learns_whether_images_were_mirrored(runner, wrapped):
    for flip_test in (True, False):
        model = torch.nn.Identity()
        model.flip_test = flip_test
        runner.model = torch.nn.DataParallel(model) if wrapped else model
        ExtractionTimeHook().before_test_epoch(runner)
        assert runner.message_hub.get_info('flip_test') is flip_test


def test_training_is_not_measured(runner):
    hook = ExtractionTimeHook()
    hook.before_train_epoch(runner)
    hook.before_train_iter(runner, 0, None)
    hook.after_train_iter(runner, 0, None, {})
    assert runner.message_hub.get_info('extraction_seconds') is None


def test_throughput_is_images_over_time(runner, monkeypatch):
    monkeypatch.setattr(throughput_hook, 'get_world_size', lambda: 2)
    runner.message_hub.update_scalar('train/time', 0.25)
    ThroughputHook().after_train_iter(runner, 0)
    speed = runner.message_hub.get_scalar('train/images_per_s').current()
    assert speed == pytest.approx(30 * 2 / 0.25)


def test_throughput_of_an_instant_is_finite(runner):
    runner.message_hub.update_scalar('train/time', 0.0)
    ThroughputHook().after_train_iter(runner, 0)
    speed = runner.message_hub.get_scalar('train/images_per_s').current()
    assert 0 < speed < float('inf')
