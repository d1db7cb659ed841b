"""k-reciprocal re-ranking, against sets and dense matrices."""

from importlib import import_module

import numpy as np
import pytest
import torch

from aanet.evaluation.functional import neighbors, re_ranking
from tests.test_evaluation.naive_reference import naive_re_ranking


def clusters(seed=0, num_queries=8, num_gallery=60, dims=6):
    """Features in clusters, where reciprocal neighbors matter."""
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((7, dims))
    labels = rng.integers(0, 7, num_queries + num_gallery)
    feats = centers[labels] + 0.4 * rng.standard_normal((len(labels), dims))
    return feats[:num_queries], feats[num_queries:]


@pytest.mark.parametrize(
    ('k1', 'k2', 'lambda_value'),
    [(20, 6, 0.3), (6, 1, 0.0), (5, 3, 1.0), (1, 2, 0.5), (90, 80, 0.3)],
)
def test_equals_dense_formulation(k1, k2, lambda_value):
    queries, gallery = clusters()
    result = re_ranking(queries, gallery, k1, k2, lambda_value)
    expected = naive_re_ranking(
        np.concatenate([queries, gallery]), 8, k1, k2, lambda_value
    )
    np.testing.assert_allclose(result, expected, 0, 1e-9)


@pytest.mark.parametrize('rows', [512, 7])
def test_duplicates_are_taken_in_index_order(monkeypatch, rows):
    monkeypatch.setattr(neighbors, '_CHUNK_ROWS', rows)
    # Integers: distances are exact, and many are equal.
    rng = np.random.default_rng(1)
    feats = rng.integers(0, 3, (50, 3)).astype(np.float64)
    result = re_ranking(feats[:10], feats[10:], k1=6, k2=3)
    np.testing.assert_allclose(
        result, naive_re_ranking(feats, 10, 6, 3, 0.3), 0, 1e-9
    )


def test_cosine_ignores_length():
    queries, gallery = clusters()
    scales = np.random.default_rng(0).uniform(0.5, 2, (60, 1))
    plain = re_ranking(queries, gallery, distance='cosine')
    scaled = re_ranking(3 * queries, gallery * scales, distance='cosine')
    np.testing.assert_allclose(scaled, plain, 0, 1e-9)
    assert not np.allclose(plain, re_ranking(queries, gallery))


def test_chunks_and_blocks_change_nothing(monkeypatch):
    queries, gallery = clusters()
    plain = re_ranking(queries, gallery)
    # The function hides the module of the same name from attribute access.
    module = import_module('aanet.evaluation.functional.re_ranking')
    monkeypatch.setattr(module, '_BLOCK_ROWS', 5)
    monkeypatch.setattr(neighbors, '_CHUNK_ROWS', 3)
    np.testing.assert_allclose(re_ranking(queries, gallery), plain, 0, 1e-9)


def test_kind_and_precision_follow_the_gallery():
    queries, gallery = clusters()
    array = re_ranking(queries, gallery)
    assert isinstance(array, np.ndarray) and array.dtype == np.float64
    tensor = re_ranking(
        torch.tensor(queries, requires_grad=True), torch.tensor(gallery)
    )
    assert isinstance(tensor, torch.Tensor)
    np.testing.assert_allclose(tensor, array)
    single = re_ranking(queries.astype('f4'), gallery.astype('f4'))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, array, 0, 1e-5)


def test_equal_images_are_at_distance_zero():
    assert re_ranking(np.ones((2, 3)), np.ones((4, 3))).max() < 1e-12


def test_more_duplicates_than_neighbors():
    """The last of them has no neighborhood, and lends that to the others."""
    feats = np.zeros((3, 2))
    result = re_ranking(feats[:1], feats[1:], k1=1, k2=3, lambda_value=0)
    assert naive_re_ranking(feats, 1, 1, 3, 0).tolist() == [[0, 0]]
    np.testing.assert_allclose(result, 0, atol=1e-9)
    alone = re_ranking(feats[:1], feats[1:], k1=1, k2=1, lambda_value=0)
    np.testing.assert_allclose(alone, [[0, 1]], atol=1e-9)


def test_bad_input_is_refused():
    queries, gallery = clusters()
    with pytest.raises(ValueError, match='k1 of at least 1, not 0'):
        re_ranking(queries, gallery, k1=0)
    with pytest.raises(ValueError, match='k2 of at least 1, not 0'):
        re_ranking(queries, gallery, k2=0)
    with pytest.raises(ValueError, match=r'lambda_value in 0..1, not 2'):
        re_ranking(queries, gallery, lambda_value=2)
    with pytest.raises(ValueError, match="not 'manhattan'"):
        re_ranking(queries, gallery, distance='manhattan')
    gallery[4, 2] = np.nan
    with pytest.raises(ValueError, match='gallery image 4 cannot be ranked'):
        re_ranking(queries, gallery)
