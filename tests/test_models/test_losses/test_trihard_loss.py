"""TriHardLoss: closed forms, a triple loop and invariances (Eq. 9)."""

import math

import pytest
import torch
import torch.nn.functional as F

from aanet.models.losses import TriHardLoss
from aanet.registry import MODELS


def naive_loss(feats, labels, margin, intra_weight):
    """Eq. 9, one anchor, one positive and one negative at a time."""
    total = 0.0
    for a in range(len(feats)):
        hardest_positive, hardest_negative = 0.0, math.inf
        for b in range(len(feats)):
            distance = math.dist(feats[a].tolist(), feats[b].tolist())
            if labels[a] == labels[b]:
                hardest_positive = max(hardest_positive, distance)
            else:
                hardest_negative = min(hardest_negative, distance)
        hinge = max(0.0, margin + hardest_positive - hardest_negative)
        total += intra_weight * hardest_positive + hinge
    return total / len(feats)


def batch(num_ids=10, num_instances=3, channels=16):
    feats = F.normalize(torch.randn(num_ids * num_instances, channels), dim=1)
    labels = torch.arange(num_ids).repeat_interleave(num_instances)
    return feats.requires_grad_(), labels


@pytest.mark.parametrize('intra_weight', [0.0, 0.5, 1.0])
@pytest.mark.parametrize('margin', [0.0, 0.3, 1.0])
def test_equals_the_triple_loop(margin, intra_weight):
    feats, labels = batch()
    loss = TriHardLoss(margin, intra_weight)(feats, labels)
    expected = naive_loss(feats, labels.tolist(), margin, intra_weight)
    assert loss.item() == pytest.approx(expected, abs=1e-6)
    assert loss.item() > 0 or margin == intra_weight == 0


def test_closed_form_on_a_line():
    """Points 0..8, three identities: the hardest pairs are known.

    dp = 2 1 2 | 2 1 2 | 2 1 2, dn = 3 2 1 | 1 2 1 | 1 2 3: the sum of dp
    is 15, and the hinges of 0.3 + dp - dn are four times 1.3.
    """
    feats = torch.arange(9.0)[:, None]
    labels = torch.arange(3).repeat_interleave(3)
    improved = TriHardLoss(0.3, 1.0)(feats, labels)
    original = TriHardLoss(0.3, 0.0)(feats, labels)
    assert improved.item() == pytest.approx((15 + 4 * 1.3) / 9)
    assert original.item() == pytest.approx(4 * 1.3 / 9)


def test_improved_loss_still_pulls_where_the_margin_is_met():
    """The paper's point: dp stays in the loss when the hinge is 0."""
    feats = torch.tensor([[0.0], [1.0], [50.0], [51.0]], requires_grad=True)
    labels = torch.tensor([0, 0, 1, 1])
    assert TriHardLoss(0.3, 0.0)(feats, labels).item() == 0
    loss = TriHardLoss(0.3, 1.0)(feats, labels)
    assert loss.item() == 1
    (gradient,) = torch.autograd.grad(loss, feats)
    torch.testing.assert_close(
        gradient[:, 0], torch.tensor([-0.5, 0.5, -0.5, 0.5])
    )


def test_defaults_are_the_paper_s():
    feats, labels = batch()
    default = MODELS.build({'type': 'TriHardLoss'})(feats, labels)
    assert torch.equal(default, TriHardLoss(0.3, 1.0)(feats, labels))


def test_loss_weight_scales_the_loss():
    feats, labels = batch()
    weighted = TriHardLoss(loss_weight=2.5)(feats, labels)
    torch.testing.assert_close(weighted, 2.5 * TriHardLoss()(feats, labels))


def test_order_of_the_batch_and_names_of_identities_do_not_matter():
    feats, labels = batch()
    loss = TriHardLoss()(feats, labels)
    order = torch.randperm(len(labels))
    renamed = torch.randperm(1000)[labels]
    torch.testing.assert_close(
        TriHardLoss()(feats[order], labels[order]), loss
    )
    torch.testing.assert_close(TriHardLoss()(feats, renamed), loss)


def test_rotating_and_shifting_features_does_not_matter():
    feats, labels = batch()
    rotation = torch.linalg.qr(torch.randn(16, 16)).Q
    moved = feats @ rotation + torch.randn(16)
    torch.testing.assert_close(
        TriHardLoss()(moved, labels),
        TriHardLoss()(feats, labels),
        rtol=1e-4,
        atol=1e-5,
    )


def test_identities_with_one_image_have_distance_zero():
    feats, _ = batch(4, 1)
    labels = torch.arange(4)
    loss = TriHardLoss(0.3, 1.0)(feats, labels)
    distances = torch.cdist(feats, feats) + 10 * torch.eye(4)
    expected = (0.3 - distances.amin(1)).clamp(min=0).mean()
    torch.testing.assert_close(loss, expected)


def test_one_identity_has_no_hinge():
    feats, _ = batch(4, 3)
    labels = torch.zeros(12, dtype=torch.long)
    original = TriHardLoss(0.3, 0.0)(feats, labels)
    assert original.item() == 0
    (gradient,) = torch.autograd.grad(original, feats)
    assert torch.equal(gradient, torch.zeros_like(gradient))
    improved = TriHardLoss(0.3, 1.0)(feats, labels)
    expected = naive_loss(feats, labels.tolist(), 0.3, 1.0)
    assert improved.item() == pytest.approx(expected, abs=1e-6)
    (gradient,) = torch.autograd.grad(improved, feats)
    assert gradient.isfinite().all() and gradient.any()


@pytest.mark.parametrize('labels', [[0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 2, 3]])
def test_coinciding_features_have_a_finite_gradient(labels):
    feats = torch.ones(4, 8, requires_grad=True)
    loss = TriHardLoss()(feats, torch.tensor(labels))
    loss.backward()
    assert loss.isfinite()
    assert torch.equal(feats.grad, torch.zeros_like(feats))


def test_duplicates_among_others_have_a_finite_gradient():
    feats, labels = batch(4, 3)
    twins = feats.detach().clone()
    twins[1] = twins[0]
    twins[4] = twins[0]
    twins.requires_grad_()
    loss = TriHardLoss()(twins, labels)
    loss.backward()
    assert twins.grad.isfinite().all() and twins.grad.any()
    expected = naive_loss(twins, labels.tolist(), 0.3, 1.0)
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_gradient_is_the_numerical_one():
    feats, labels = batch(3, 3, 4)
    feats = feats.detach().double().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: TriHardLoss(0.3, 1.0)(x, labels), (feats,)
    )


def test_half_precision_features_give_a_full_precision_loss():
    feats, labels = batch()
    expected = TriHardLoss()(feats, labels)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        inside = TriHardLoss()(feats, labels)
        half = TriHardLoss()(feats.bfloat16(), labels)
    assert torch.equal(inside, expected)
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(expected.item(), rel=0.02)


def test_raw_features_lower_the_loss_by_shrinking():
    """Why the head normalizes: with the hinge active, 2 dp > dn."""
    feats, labels = batch()
    loss = TriHardLoss()
    assert loss(0.5 * feats, labels) < loss(feats, labels)


def test_gather_on_one_process_changes_nothing():
    feats, labels = batch()
    assert torch.equal(
        TriHardLoss(gather=True)(feats, labels), TriHardLoss()(feats, labels)
    )
