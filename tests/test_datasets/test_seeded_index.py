import pickle
import random

import numpy as np
import pytest
import torch

from aanet.datasets.seeded_index import SeededIndex, seeded


def draw() -> tuple[float, float, float]:
    return random.random(), np.random.rand(), torch.rand(()).item()


def test_is_an_int_with_a_seed():
    index = SeededIndex(7, seed=11)
    assert index == 7
    assert 'abcdefgh'[index] == 'h'
    assert index.seed == 11


def test_survives_pickling():
    index = pickle.loads(pickle.dumps(SeededIndex(7, 11)))
    assert (index, index.seed) == (7, 11)
    assert type(index) is SeededIndex


def test_same_seed_same_numbers_whatever_came_before():
    with seeded(3):
        first = draw()
    draw()
    with seeded(3):
        assert draw() == first
    with seeded(4):
        assert all(a != b for a, b in zip(draw(), first, strict=True))


def test_a_worker_of_a_data_loader_draws_the_same(monkeypatch):
    with seeded(3):
        expected = draw()
    module = 'aanet.datasets.seeded_index'
    monkeypatch.setattr(f'{module}.get_worker_info', lambda: 'a worker')
    monkeypatch.setattr(f'{module}._states_kept', pytest.fail)
    with seeded(4):
        draw()
    with seeded(3):
        assert draw() == expected


def test_restores_the_states_even_after_an_error():
    states = random.getstate(), torch.get_rng_state()
    numpy_state = np.random.get_state()[1].copy()
    with pytest.raises(KeyError), seeded(3):
        draw()
        raise KeyError
    assert random.getstate() == states[0]
    assert torch.equal(torch.get_rng_state(), states[1])
    assert (np.random.get_state()[1] == numpy_state).all()


def test_none_leaves_the_generators_alone():
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    expected = [draw(), draw()]
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    with seeded(None):
        first = draw()
    assert [first, draw()] == expected


def test_does_not_touch_the_accelerators(monkeypatch):
    def forbidden(*args):
        raise AssertionError('reseeded an accelerator')

    monkeypatch.setattr(torch.cuda, 'manual_seed_all', forbidden)
    monkeypatch.setattr(torch, 'manual_seed', forbidden)
    with seeded(1):
        draw()
