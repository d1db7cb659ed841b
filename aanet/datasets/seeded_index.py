"""Augmentation that depends on the sample, not on the worker that draws it.

A data loader seeds its workers once, so what an image looks like depends on
how many workers there are and on where a run was resumed. Here the sampler
sends a seed along with each index, and the data set draws from that seed.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np
import torch
from torch.utils.data import get_worker_info


class SeededIndex(int):
    """An index that carries the seed of its sample's augmentation.

    It is an ``int`` wherever one is wanted, and it survives the pickling
    between a data loader and its workers.

    Args:
        index (int): Index of the sample.
        seed (int): Seed of the sample's augmentation, in [0, 2**32).
    """

    seed: int

    def __new__(cls, index: int, seed: int) -> 'SeededIndex':
        """Make an int, which must get its value here."""
        self = super().__new__(cls, index)
        self.seed = seed
        return self

    def __getnewargs__(self) -> tuple[int, int]:  # type: ignore[override]
        return int(self), self.seed


@contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Seed ``random``, numpy and torch for a while, then restore them.

    In a worker of a data loader, which draws for samples alone, nothing is
    restored: that would take as long as decoding the image of a person.

    Args:
        seed (int | None): The seed, in [0, 2**32); None changes nothing.
    """
    if seed is None:
        yield
        return
    with nullcontext() if get_worker_info() else _states_kept():
        random.seed(seed)
        np.random.seed(seed)
        # torch.manual_seed would also reseed the accelerators, which
        # drop-out in the same process draws from.
        torch.default_generator.manual_seed(seed)
        yield


@contextmanager
def _states_kept() -> Iterator[None]:
    """Restore the states of the generators in the end."""
    generator = torch.default_generator
    states = random.getstate(), np.random.get_state(), generator.get_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        generator.set_state(states[2])
