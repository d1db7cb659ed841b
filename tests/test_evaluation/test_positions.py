"""Where matches stand, by both ways to count."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aanet.evaluation.functional import positions

DISTANCES = st.integers(-2, 2) | st.floats(-2, 2, width=32)


@st.composite
def chunks(draw):
    """Distances with ties and infinite ones, and some finite entries."""
    shape = draw(st.tuples(st.integers(1, 6), st.integers(1, 9)))
    distances = draw(hnp.arrays(np.float32, shape, elements=DISTANCES))
    chosen = draw(hnp.arrays(bool, shape))
    junk = draw(hnp.arrays(bool, shape)) & ~chosen
    distances[junk] = np.inf
    rows, cols = chosen.nonzero()
    return distances, rows, cols


@settings(max_examples=200, deadline=None, derandomize=True)
@given(chunks())
def test_positions_are_those_of_a_stable_sort(chunk):
    distances, rows, cols = chunk
    order = np.argsort(distances, axis=1, kind='stable')
    expected = [
        order[row].tolist().index(col)
        for row, col in zip(rows, cols, strict=True)
    ]
    tensors = [torch.from_numpy(array) for array in chunk]
    assert positions.match_positions(*tensors).tolist() == expected
    # An accelerator counts otherwise.
    in_rows = positions._count_in_rows(*tensors)
    in_batch = positions._count_in_batch(*tensors)
    assert torch.equal(torch.stack(in_rows), torch.stack(in_batch))
