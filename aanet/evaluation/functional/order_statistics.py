"""The k-th smallest of the numbers that several processes hold.

None of them sends its numbers to another. A float is found bit by bit: the
processes count how many of their numbers do not exceed one between two
bounds, and the sum of the counts says which half to go on with.
"""

from functools import partial

import numpy as np

from aanet.evaluation.functional.team import Team


def order_statistics(
    values: np.ndarray, positions: np.ndarray, team: Team
) -> np.ndarray:
    """What stands at some positions of all numbers, sorted.

    Args:
        values (np.ndarray): The numbers of this process, ascending, float32
            or float64, shape (N,), perhaps none.
        positions (np.ndarray): Positions from 0, shape (K,), the same on
            every process.
        team (Team): The processes.

    Returns:
        np.ndarray: Shape (K,); infinite beyond the last number.
    """
    # A process without numbers does not know the precision of the others.
    dtype = np.result_type(*team.agree(lambda: values.dtype))
    values = values.astype(dtype, copy=False)
    low, high = (
        np.full(len(positions), _as_integers(np.array(end, dtype)))
        for end in (-np.inf, np.inf)
    )
    while (low < high).any():
        # Their mean, without the sum, which may be too large.
        middle = (low & high) + ((low ^ high) >> 1)
        counts = team.agree(partial(_count, values, middle))
        enough = (np.sum(counts, axis=0) > positions) | (middle == high)
        low = np.where(enough, low, middle + 1)
        high = np.where(enough, middle, high)
    # Adding zero turns -0 into 0.
    return _as_floats(low, dtype) + 0


def _count(values: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """How many numbers do not exceed each key's float."""
    return np.searchsorted(values, _as_floats(keys, values.dtype), 'right')


def _as_integers(floats: np.ndarray) -> np.ndarray:
    """Integers in the order of the floats, neighbors for neighbors."""
    integers = floats.view(f'i{floats.itemsize}')
    return _mirror(integers)


def _as_floats(keys: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return _mirror(keys).view(dtype)


def _mirror(integers: np.ndarray) -> np.ndarray:
    """Turn the order of the negative ones around: a float has a sign bit."""
    mask = np.iinfo(integers.dtype).max
    return np.where(integers < 0, integers ^ mask, integers)
