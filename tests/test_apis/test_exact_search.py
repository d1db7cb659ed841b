import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aanet.apis.exact_search import exact_topk
from aanet.evaluation.functional import pairwise_distance

TINY = 0.01
"""MiB that make blocks as small as they get."""


def naive_topk(queries, features, topk, distance, rows=None):
    """Sort everything, in a stable way."""
    rows = np.arange(len(features)) if rows is None else rows
    distances = pairwise_distance(queries, features[rows], distance).numpy()
    order = np.argsort(distances, axis=1, kind='stable')[:, :topk]
    return np.take_along_axis(distances, order, 1), rows[order]


def few_values(seed, number, dims=3, high=3):
    """Small integers, whose distances are exact, with many ties."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, high, (number, dims)).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    size=st.integers(1, 400),
    topk=st.integers(1, 40),
    memory=st.sampled_from([TINY, 512]),
    dims=st.integers(1, 3),
)
def test_ties_keep_the_order_of_the_gallery(seed, size, topk, memory, dims):
    features, queries = (
        few_values(seed, size, dims),
        few_values(seed + 1, 5, dims),
    )
    found = exact_topk(
        queries, features, topk, 'euclidean', max_memory_mb=memory
    )
    distances, rows = naive_topk(queries, features, topk, 'euclidean')
    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_array_equal(found.distances, distances)


@pytest.mark.parametrize('distance', ['cosine', 'euclidean'])
@pytest.mark.parametrize('memory', [TINY, 512])
def test_it_finds_what_sorting_finds(distance, memory):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(1000, 8)).astype(np.float32)
    queries = rng.normal(size=(600, 8)).astype(np.float32)
    rows = np.flatnonzero(rng.random(1000) < 0.4)
    for chosen in (None, rows):
        found = exact_topk(queries, features, 7, distance, chosen, memory)
        wanted = naive_topk(queries, features, 7, distance, chosen)
        np.testing.assert_allclose(found.distances, wanted[0], atol=1e-5)
        assert (found.rows == wanted[1]).mean() > 0.999


def test_identical_entries_keep_their_order():
    features = np.ones((300, 4), np.float32)
    found = exact_topk(features[:2], features, 5, max_memory_mb=TINY)
    assert found.rows.tolist() == [[0, 1, 2, 3, 4]] * 2


def test_fewer_entries_than_asked_for():
    features = few_values(0, 3)
    assert exact_topk(features, features, 10).rows.shape == (3, 3)
    nothing = exact_topk(features, features, 10, rows=np.zeros(0, np.int64))
    assert nothing.rows.shape == nothing.distances.shape == (3, 0)


def test_half_precision_and_tensors_are_taken():
    features = few_values(0, 50).astype(np.float16)
    queries = torch.from_numpy(features[:4])
    found = exact_topk(queries, features, 3, 'euclidean')
    wanted = naive_topk(queries, features, 3, 'euclidean')
    np.testing.assert_array_equal(found.rows, wanted[1])
    assert found.distances.dtype == np.float32


def test_bad_arguments_are_named():
    features = few_values(0, 5)
    with pytest.raises(ValueError, match='topk must be at least 1, not 0'):
        exact_topk(features, features, 0)
    with pytest.raises(ValueError, match='one of'):
        exact_topk(features, features, 1, 'manhattan')
