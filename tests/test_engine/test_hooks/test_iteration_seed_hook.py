"""What a step draws depends on (seed, iteration, rank) alone."""

from types import SimpleNamespace

import torch
from mmengine.hooks import Hook
from mmengine.runner.priority import get_priority

from aanet.engine import IterationSeedHook
from aanet.engine.hooks import iteration_seed_hook


def draw(seed=0, iteration=0, rank=0, monkeypatch=None):
    if monkeypatch is not None:
        monkeypatch.setattr(iteration_seed_hook, 'get_rank', lambda: rank)
    runner = SimpleNamespace(seed=seed, iter=iteration)
    IterationSeedHook().before_train_iter(runner, iteration)
    return torch.rand(8).tolist()


def test_the_same_step_draws_the_same():
    first = draw(3, 17)
    torch.rand(100)
    torch.manual_seed(99)
    assert draw(3, 17) == first


def test_seeds_iterations_and_ranks_draw_differently(monkeypatch):
    keys = [(s, i, r) for s in range(4) for i in range(4) for r in range(4)]
    draws = {tuple(draw(*key, monkeypatch=monkeypatch)) for key in keys}
    assert len(draws) == len(keys)


def test_large_numbers_are_fine():
    assert draw(2**32 - 1, 10**7) != draw(2**32 - 2, 10**7)


def test_dropout_obeys():
    dropout = torch.nn.Dropout(0.5)
    draw(0, 5)
    first = dropout(torch.ones(64))
    draw(0, 5)
    assert torch.equal(dropout(torch.ones(64)), first)


def test_it_runs_before_other_hooks():
    own, usual = map(get_priority, (IterationSeedHook.priority, Hook.priority))
    assert own < usual
