"""Pairwise distances."""

import numpy as np
import pytest
import torch

from aanet.evaluation.functional import pairwise_distance


def test_closed_forms():
    queries = np.array([[3.0, 0.0], [0.0, 2.0]])
    gallery = np.array([[1.0, 0.0], [-4.0, 0.0], [1.0, 1.0]])
    cosine = pairwise_distance(queries, gallery)
    half = 1 - 0.5**0.5
    np.testing.assert_allclose(
        cosine, [[0, 2, half], [1, 1, half]], atol=1e-15
    )
    euclidean = pairwise_distance(queries, gallery, 'euclidean')
    np.testing.assert_allclose(
        euclidean, [[2, 7, 5**0.5], [5**0.5, 20**0.5, 2**0.5]]
    )


def test_equals_torch():
    generator = torch.Generator().manual_seed(0)
    queries = torch.randn(6, 32, generator=generator)
    gallery = torch.randn(9, 32, generator=generator)
    cosine = 1 - torch.cosine_similarity(queries[:, None], gallery, dim=2)
    torch.testing.assert_close(pairwise_distance(queries, gallery), cosine)
    torch.testing.assert_close(
        pairwise_distance(queries, gallery, 'euclidean'),
        torch.cdist(queries, gallery),
    )


def test_cosine_ignores_length_and_survives_zeros():
    queries = np.array([[1.0, 2.0], [0.0, 0.0]])
    gallery = np.array([[2.0, 1.0], [0.0, 0.0]])
    distances = pairwise_distance(queries, gallery).numpy()
    assert distances[0, 0] == pytest.approx(0.2)
    assert distances[1].tolist() == [1, 1] and distances[0, 1] == 1
    longer = pairwise_distance(queries * 8, gallery * 4).numpy()
    np.testing.assert_allclose(longer, distances, 0, 1e-15)


def test_euclidean_distance_to_itself_is_no_nan():
    feats = torch.full((3, 7), 0.1)
    distances = pairwise_distance(feats, feats, 'euclidean')
    assert torch.isfinite(distances).all()
    assert (distances < 1e-3).all()


def test_precision_and_gradient():
    feats = torch.ones(2, 3, dtype=torch.float64, requires_grad=True)
    distances = pairwise_distance(feats, feats.float())
    assert distances.dtype == torch.float64
    assert not distances.requires_grad
