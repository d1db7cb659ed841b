"""Numbers chosen by their size, against a sort of all of them."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aanet.evaluation.functional.nearest_pairs import NearestPairs
from aanet.evaluation.functional.order_statistics import order_statistics
from aanet.evaluation.functional.team import ALONE, share_of

fuzz = settings(max_examples=100, deadline=None, derandomize=True)

FLOATS = st.floats(-2, 2, width=32) | st.floats(width=32, allow_nan=False)


class ThreadTeam:
    """Threads in place of processes."""

    def __init__(self, size):
        self.size = size
        self.barrier = Barrier(size, timeout=20)
        self.results = [None] * size

    def of(self, rank):
        return _Member(self, rank)


class _Member:
    def __init__(self, team, rank):
        self.team, self.rank, self.size = team, rank, team.size

    def agree(self, work):
        self.team.results[self.rank] = work()
        self.team.barrier.wait()
        results = list(self.team.results)
        self.team.barrier.wait()
        return results


def positions_of(values):
    return np.arange(len(values) + 2)


@fuzz
@given(
    st.sampled_from([np.float32, np.float64]).flatmap(
        lambda dtype: hnp.arrays(dtype, st.integers(0, 20), elements=FLOATS)
    )
)
def test_order_statistics_of_one_process(values):
    values.sort()
    found = order_statistics(values, positions_of(values), ALONE)
    assert found.dtype == values.dtype
    assert found.tolist() == [*values.tolist(), np.inf, np.inf]
    assert not np.signbit(found[found == 0]).any()


@fuzz
@given(
    hnp.arrays(np.float64, st.integers(0, 12), elements=FLOATS),
    st.integers(0, 12),
)
def test_order_statistics_of_two(values, cut):
    """The first has single precision if it has no numbers."""
    shares = [np.sort(values[:cut]), np.sort(values[cut:])]
    if len(shares[0]) == 0:
        shares[0] = np.zeros(0, np.float32)
    team, positions = ThreadTeam(2), positions_of(values)
    with ThreadPoolExecutor(2) as pool:
        both = pool.map(
            lambda rank: order_statistics(
                shares[rank], positions, team.of(rank)
            ),
            range(2),
        )
    expected = [*np.sort(values).tolist(), np.inf, np.inf]
    assert [found.tolist() for found in both] == [expected, expected]


@fuzz
@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 30), st.integers(1, 5)),
        elements=st.integers(-3, 3) | FLOATS,
    ),
    st.integers(1, 40),
    st.integers(1, 30),
)
def test_nearest_pairs(distances, keep, rows):
    nearest = NearestPairs(keep)
    for part in torch.from_numpy(distances).split(rows):
        nearest.show(part)
    finite = distances[distances < np.inf]
    assert nearest.sorted().tolist() == np.sort(finite)[:keep].tolist()


@pytest.mark.parametrize('size', [1, 2, 3, 8])
@pytest.mark.parametrize('parts', [0, 1, 2, 7, 8, 9])
def test_shares_are_the_whole_in_order(size, parts):
    team = ThreadTeam(size)
    shares = [
        list(range(parts))[share_of(team.of(rank), parts)]
        for rank in range(size)
    ]
    assert [part for share in shares for part in share] == [*range(parts)]
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
