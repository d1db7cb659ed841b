import pytest
import torch

from aanet.deployment.parity import compare, parity_table


def test_figures_of_features_turned_by_a_small_angle():
    reference = torch.eye(3)
    angle = torch.tensor(0.1)
    feats = reference.clone()
    feats[0] = torch.stack([angle.cos(), angle.sin(), torch.tensor(0.0)])
    parity = compare(reference, feats)
    assert parity.max_difference == pytest.approx(angle.sin().item())
    chord = 2 * torch.sin(angle / 2).item()
    assert parity.max_distance == pytest.approx(chord)
    assert parity.min_cosine == pytest.approx(angle.cos().item())
    assert parity.within(0.1) and not parity.within(0.09)


def test_rank_1_counts_images_whose_neighbor_changed():
    degrees = torch.tensor([0.0, 10.0, 22.0, 90.0])
    turned = torch.tensor([0.0, 14.0, 22.0, 90.0])

    def features(angles):
        radians = angles.deg2rad()
        return torch.stack([radians.cos(), radians.sin()], dim=1)

    # Neighbors are 1 0 1 2, and then 1 2 1 2.
    parity = compare(features(degrees), features(turned))
    assert parity.rank1_agreement == 0.75


def test_a_feature_that_is_not_finite_is_never_near():
    feats = torch.eye(3)
    feats[1, 1] = torch.nan
    parity = compare(torch.eye(3), feats)
    assert not parity.within(float('inf'))


def test_the_table_has_a_row_for_each_batch_size():
    parity = compare(torch.eye(3), torch.eye(3))
    rows = parity_table({1: parity, 16: parity}).splitlines()
    assert len(rows) == 6
    assert '1.000000' in rows[3] and '100.0%' in rows[4]
