"""True positive rates and thresholds, against a sort of all pairs."""

import numpy as np
import pytest

from aanet.evaluation.functional import (
    pairwise_distance,
    roc_distmat,
    roc_features,
)
from tests.test_evaluation.naive_reference import naive_pairs, random_ids


@pytest.mark.parametrize('levels', [None, 30])
@pytest.mark.parametrize('max_memory_mb', [512, 0.01])
def test_thresholds_are_the_largest_allowed(levels, max_memory_mb):
    rng = np.random.default_rng(0)
    distmat = rng.random((30, 200))
    if levels:
        distmat = np.floor(distmat * levels)
    ids = random_ids(rng, 30, 200)
    ids[0][3] = -1
    fprs = (0.5, 0.1, 0.01, 0.001, 0.0)
    roc = roc_distmat(distmat, *ids, fprs=fprs, max_memory_mb=max_memory_mb)
    matches, negatives = naive_pairs(distmat, *ids)
    for fpr, tpr, threshold in zip(fprs, roc.tpr, roc.threshold, strict=True):
        assert (negatives < threshold).mean() <= fpr
        assert (negatives <= threshold).mean() > fpr
        assert tpr == (matches < threshold).mean()


def test_by_hand():
    # One query: matches at 1, 3, 6; negatives at 2, 4, 5, 7.
    distmat = np.array([[1.0, 2, 3, 4, 5, 6, 7]])
    roc = roc_distmat(
        distmat, [1], [1, 0, 1, 0, 0, 1, 0], None, None, (0, 0.25, 0.5, 1)
    )
    assert roc.threshold.tolist() == [2, 4, 5, np.inf]
    assert roc.tpr.tolist() == [1 / 3, 2 / 3, 2 / 3, 1]


@pytest.mark.parametrize('distance', ['cosine', 'euclidean'])
def test_features_equal_their_distances(distance):
    rng = np.random.default_rng(1)
    q_feats, g_feats = rng.random((20, 5)), rng.random((100, 5))
    ids = random_ids(rng, 20, 100)
    by_features = roc_features(q_feats, g_feats, *ids, distance=distance)
    distmat = pairwise_distance(q_feats, g_feats, distance)
    by_distances = roc_distmat(distmat, *ids)
    assert by_features.fpr.tolist() == [1e-2, 1e-3, 1e-4]
    np.testing.assert_allclose(by_features.tpr, by_distances.tpr)
    np.testing.assert_allclose(by_features.threshold, by_distances.threshold)


def test_euclidean_thresholds_are_exact_roots():
    """Squares are compared, which are whole numbers here."""
    roc = roc_features(
        np.full((1, 4), -2, np.float32),
        np.array([[2, 2, 2, 2], [1, 2, 2, 2]], np.float32),
        *([0], [0, 1], None, None),
        distance='euclidean',
        fprs=[0],
    )
    assert roc.threshold.tolist() == [np.sqrt(np.float32(57))]
    assert roc.tpr.tolist() == [0]


def test_bad_input_is_refused():
    distmat = np.array([[1.0, 2.0]])
    with pytest.raises(ValueError, match=r'rates in 0..1, not \[1.5\]'):
        roc_distmat(distmat, [1], [1, 2], None, None, fprs=[1.5])
    with pytest.raises(ValueError, match='0 matching and 2 other pairs'):
        roc_distmat(distmat, [3], [1, 2], None, None)
    with pytest.raises(ValueError, match='2 matching and 0 other pairs'):
        roc_distmat(distmat, [1], [1, 1], None, None)
    with pytest.raises(ValueError, match='query 0 cannot be ranked'):
        roc_distmat(distmat * np.nan, [1], [1, 2], None, None)
