"""Exact distances within a batch."""

import torch

from aanet.models.losses.distances import pairwise_distance


def test_pythagoras():
    feats = torch.tensor([[0.0, 0.0], [3.0, 4.0], [3.0, 0.0]])
    expected = torch.tensor([[0.0, 5, 3], [5, 0, 4], [3, 4, 0]])
    torch.testing.assert_close(pairwise_distance(feats), expected)


def test_close_features_far_from_the_origin_keep_their_distance():
    """The expanded square would give 0 or noise here."""
    feats = torch.tensor([[1000.0, 0.0], [1000.0, 0.01]]).repeat(20, 1)
    distances = pairwise_distance(feats)
    torch.testing.assert_close(
        distances[0, 1], torch.tensor(0.01), rtol=1e-5, atol=0
    )
    assert not distances[0, ::2].any()


def test_diagonal_is_exactly_zero_and_has_no_gradient():
    feats = torch.randn(40, 256, requires_grad=True)
    distances = pairwise_distance(feats)
    assert not distances.diagonal().any()
    distances.diagonal().sum().backward()
    assert not feats.grad.any()


def test_half_precision_is_widened():
    feats = torch.randn(4, 8).bfloat16()
    assert pairwise_distance(feats).dtype == torch.float32
    torch.testing.assert_close(
        pairwise_distance(feats), pairwise_distance(feats.float())
    )
    assert pairwise_distance(feats.double()).dtype == torch.float64
