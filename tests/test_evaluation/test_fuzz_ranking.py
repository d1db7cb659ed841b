"""The ranking functions on whatever they may be given, against loops."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aanet.evaluation.functional import (
    rank_distmat,
    rank_features,
    re_ranking,
    roc_distmat,
    roc_features,
)
from tests.test_evaluation.naive_reference import (
    naive_pairs,
    naive_rank,
    naive_re_ranking,
)

fuzz = settings(max_examples=200, deadline=None, derandomize=True)

SIDE = st.integers(1, 12)
DTYPES = st.sampled_from([np.float16, np.float32, np.float64])
BUDGETS = st.sampled_from([1e-9, 1e-4, 1e-3, 512])
"""In MiB: a query at a time, some at a time, all at once."""

MAX_RANKS = st.integers(1, 30)
"""Galleries have 12 images at most."""


def laid_out(array: np.ndarray, layout: str) -> np.ndarray | torch.Tensor:
    """The same numbers, otherwise in memory."""
    if layout == 'columns first':
        return np.asfortranarray(array)
    if layout == 'every other':
        return np.repeat(array, 2, axis=1)[:, ::2]
    if layout == 'tensor':
        return torch.from_numpy(array.copy())
    if layout == 'transposed tensor':
        return torch.from_numpy(np.ascontiguousarray(array.T)).T
    return array


LAYOUTS = st.sampled_from(
    ['plain', 'columns first', 'every other', 'tensor', 'transposed tensor']
)


@st.composite
def ids(draw, num_queries, num_gallery):
    """Few persons and cameras; junk, distractors and unknown cameras."""
    pids, camids = st.integers(-1, 3), st.integers(-1, 2)
    return tuple(
        draw(hnp.arrays(np.int64, size, elements=values))
        for values in (pids, camids)
        for size in (num_queries, num_gallery)
    )


@st.composite
def distance_problems(draw):
    """Distances with many ties, negative ones and zeros of both signs."""
    shape = draw(SIDE), draw(SIDE)
    values = st.integers(-3, 3) | st.floats(-2, 2, width=16)
    distmat = draw(hnp.arrays(draw(DTYPES), shape, elements=values))
    return distmat, draw(ids(*shape))


@st.composite
def feature_problems(draw, side=SIDE):
    """Small integers, so that squared distances are exact in any dtype."""
    dim, dtype = draw(st.integers(1, 4)), draw(DTYPES)
    shape = draw(side), draw(side)
    feats = [
        draw(hnp.arrays(dtype, (size, dim), elements=st.integers(-2, 2)))
        for size in shape
    ]
    return (*feats, draw(ids(*shape)))


def squared_distances(queries, gallery):
    """By their definition, without the expansion of the square."""
    queries, gallery = queries.astype(float), gallery.astype(float)
    return ((queries[:, None] - gallery[None]) ** 2).sum(axis=2)


def assert_ranks_as_loops(rank, distmat, ids, max_rank):
    """``rank()`` gives the figures of the loops, or the error they merit."""
    expected = naive_rank(distmat.tolist(), *ids, max_rank)
    if not any(expected[-1]):
        with pytest.raises(ValueError, match='has a match'):
            rank()
        return
    result = rank()
    names = ('cmc', 'ap', 'ap_trapezoid', 'inp')
    for name, values in zip(names, expected[:4], strict=True):
        found = getattr(result, name)
        np.testing.assert_allclose(found, values, 0, 1e-12, err_msg=name)
    assert result.valid.tolist() == expected[4]


@fuzz
@given(distance_problems(), MAX_RANKS, BUDGETS, LAYOUTS)
def test_rank_distmat(problem, max_rank, budget, layout):
    distmat, own = problem
    given_distances = laid_out(distmat, layout)
    assert_ranks_as_loops(
        lambda: rank_distmat(
            given_distances, *own, max_rank=max_rank, max_memory_mb=budget
        ),
        distmat,
        own,
        max_rank,
    )
    assert np.array_equal(np.asarray(given_distances), distmat)


@fuzz
@given(feature_problems(), MAX_RANKS, BUDGETS, LAYOUTS, LAYOUTS)
def test_rank_features(problem, max_rank, budget, layout, other_layout):
    queries, gallery, own = problem
    assert_ranks_as_loops(
        lambda: rank_features(
            laid_out(queries, layout),
            laid_out(gallery, other_layout),
            *own,
            distance='euclidean',
            max_rank=max_rank,
            max_memory_mb=budget,
        ),
        squared_distances(queries, gallery),
        own,
        max_rank,
    )


RATES = st.lists(st.sampled_from([0, 0.01, 0.1, 0.29, 0.5, 1]), min_size=1)


def assert_operates_as_pairs(roc, distmat, ids, fprs):
    """Thresholds are the largest allowed; the rates those of all pairs."""
    matches, negatives = naive_pairs(distmat.tolist(), *ids)
    if not (len(matches) and len(negatives)):
        with pytest.raises(ValueError, match='needs matches and negatives'):
            roc()
        return
    result = roc()
    assert result.fpr.tolist() == list(fprs)
    for fpr, tpr, limit in zip(
        fprs, result.tpr, result.threshold, strict=True
    ):
        assert tpr == (matches < limit).mean()
        allowed = fpr * len(negatives) * (1 + 1e-12)
        assert (negatives < limit).sum() <= allowed
        if np.isinf(limit):
            assert len(negatives) <= allowed
        else:
            assert (negatives <= limit).sum() > np.floor(allowed)


@fuzz
@given(distance_problems(), RATES, BUDGETS, LAYOUTS)
def test_roc_distmat(problem, fprs, budget, layout):
    distmat, own = problem
    assert_operates_as_pairs(
        lambda: roc_distmat(
            laid_out(distmat, layout), *own, fprs=fprs, max_memory_mb=budget
        ),
        distmat,
        own,
        fprs,
    )


@fuzz
@given(feature_problems(), RATES, BUDGETS, LAYOUTS)
def test_roc_features(problem, fprs, budget, layout):
    """Squared, all distances and thresholds are whole numbers."""
    queries, gallery, own = problem

    def roc():
        result = roc_features(
            laid_out(queries, layout),
            laid_out(gallery, layout),
            *own,
            distance='euclidean',
            fprs=fprs,
            max_memory_mb=budget,
        )
        return replace(result, threshold=np.rint(result.threshold**2))

    squares = squared_distances(queries, gallery)
    assert_operates_as_pairs(roc, squares, own, fprs)


@fuzz
@given(
    feature_problems(side=st.integers(1, 9)),
    st.integers(1, 20),
    st.integers(1, 20),
    st.sampled_from([0, 0.3, 1]),
    LAYOUTS,
)
def test_re_ranking(problem, k1, k2, lambda_value, layout):
    """Many features are equal, and k often exceeds the number of images."""
    queries, gallery, _ = problem
    result = re_ranking(
        laid_out(queries, layout),
        laid_out(gallery, layout),
        k1,
        k2,
        lambda_value,
    )
    joint = np.concatenate([queries, gallery])
    expected = naive_re_ranking(joint, len(queries), k1, k2, lambda_value)
    np.testing.assert_allclose(np.asarray(result), expected, 0, 1e-5)
