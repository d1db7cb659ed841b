"""AttentionCosineDistanceLoss: angles, pairs and edge cases (Eq. 6, 7)."""

import math
from itertools import combinations

import pytest
import torch

from aanet.models.losses import AttentionCosineDistanceLoss
from aanet.models.losses.attention_cosine_distance_loss import pair_counts


def naive_loss(vectors, labels, valid=None, reduction='mean'):
    """Eq. 7, one identity and one pair at a time."""
    valid = valid or [True] * len(labels)
    per_identity = []
    for identity in sorted(set(labels)):
        members = [
            vector
            for vector, label, ok in zip(vectors, labels, valid, strict=True)
            if label == identity and ok and vector.norm() > 1e-6
        ]
        pairs = [
            1 - (a @ b / (a.norm() * b.norm())).item()
            for a, b in combinations(members, 2)
        ]
        if pairs:
            per_identity.append(sum(pairs) / len(pairs))
    if reduction == 'sum':
        return sum(per_identity)
    return sum(per_identity) / len(per_identity) if per_identity else 0.0


def at_angles(*degrees):
    angles = torch.tensor([math.radians(d) for d in degrees])
    return torch.stack([angles.cos(), angles.sin()], 1)


@pytest.mark.parametrize(
    ('angle', 'expected'), [(0, 0.0), (60, 0.5), (90, 1.0), (180, 2.0)]
)
def test_one_pair_is_one_minus_the_cosine(angle, expected):
    loss = AttentionCosineDistanceLoss()(
        at_angles(10, 10 + angle), torch.tensor([3, 3])
    )
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_each_pair_counts_once():
    """K = 3 at 0, 60 and 120 degrees: (0.5 + 0.5 + 1.5) / 3."""
    loss = AttentionCosineDistanceLoss()(
        at_angles(0, 60, 120), torch.zeros(3, dtype=torch.long)
    )
    assert loss.item() == pytest.approx(2.5 / 3, abs=1e-6)


def test_mean_and_sum_over_identities():
    """Identity 0 at 60 degrees, 1 at 90, 2 alone: 0.5 and 1.0."""
    vectors = at_angles(0, 60, 0, 90, 45)
    labels = torch.tensor([0, 0, 1, 1, 2])
    mean = AttentionCosineDistanceLoss()(vectors, labels)
    total = AttentionCosineDistanceLoss('sum')(vectors, labels)
    assert mean.item() == pytest.approx(0.75, abs=1e-6)
    assert total.item() == pytest.approx(1.5, abs=1e-6)


@pytest.mark.parametrize('reduction', ['mean', 'sum'])
def test_equals_the_loop(reduction):
    vectors = torch.rand(17, 24)
    vectors[5] = 0
    labels = torch.randint(0, 6, (17,))
    valid = torch.rand(17) > 0.2
    loss = AttentionCosineDistanceLoss(reduction)(vectors, labels, valid)
    expected = naive_loss(vectors, labels.tolist(), valid.tolist(), reduction)
    assert loss.item() == pytest.approx(expected, abs=1e-6)
    assert expected > 0


def test_identical_attention_costs_nothing():
    vectors = torch.rand(1, 24).expand(6, 24)
    labels = torch.tensor([0, 0, 0, 1, 1, 1])
    loss = AttentionCosineDistanceLoss('sum')(vectors, labels)
    assert loss.item() == pytest.approx(0, abs=1e-6)


def test_order_and_lengths_do_not_matter():
    vectors = torch.rand(12, 24)
    labels = torch.arange(4).repeat(3)
    loss = AttentionCosineDistanceLoss()(vectors, labels)
    order = torch.randperm(12)
    permuted = AttentionCosineDistanceLoss()(vectors[order], labels[order])
    torch.testing.assert_close(permuted, loss)
    scaled = vectors * torch.linspace(0.1, 10, 12)[:, None]
    torch.testing.assert_close(
        AttentionCosineDistanceLoss()(scaled, labels), loss
    )


def test_gradient_is_symmetric_in_a_pair():
    vectors = at_angles(0, 50).requires_grad_()
    labels = torch.tensor([0, 0])
    AttentionCosineDistanceLoss()(vectors, labels).backward()
    norms = vectors.grad.norm(dim=1)
    assert norms[0] > 0.1
    torch.testing.assert_close(norms[0], norms[1])


def test_gradient_is_the_numerical_one():
    vectors = torch.rand(6, 5, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 0, 0, 1, 1, 2])
    for reduction in ('mean', 'sum'):
        loss = AttentionCosineDistanceLoss(reduction)
        assert torch.autograd.gradcheck(
            lambda x, loss=loss: loss(x, labels), (vectors,)
        )


def test_loss_weight_scales_the_loss():
    vectors, labels = at_angles(0, 60), torch.tensor([0, 0])
    loss = AttentionCosineDistanceLoss(loss_weight=3.0)(vectors, labels)
    assert loss.item() == pytest.approx(1.5, abs=1e-6)


@pytest.mark.parametrize(
    ('vectors', 'labels', 'valid'),
    [
        pytest.param(torch.rand(4, 8), [0, 1, 2, 3], None, id='one-image-ids'),
        pytest.param(torch.zeros(4, 8), [0, 0, 1, 1], None, id='zero-vectors'),
        pytest.param(
            torch.rand(4, 8), [0, 0, 1, 1], [True, False] * 2, id='invalid'
        ),
    ],
)
def test_no_pair_gives_zero_on_the_graph(vectors, labels, valid):
    vectors = vectors.clone().requires_grad_()
    if valid is not None:
        valid = torch.tensor(valid)
    loss = AttentionCosineDistanceLoss()(vectors, torch.tensor(labels), valid)
    assert loss.item() == 0
    loss.backward()
    assert torch.equal(vectors.grad, torch.zeros_like(vectors))


def test_a_zero_vector_is_left_out_without_harming_the_others():
    vectors = torch.cat([at_angles(0, 60), torch.zeros(1, 2)])
    vectors.requires_grad_()
    labels = torch.zeros(3, dtype=torch.long)
    loss = AttentionCosineDistanceLoss()(vectors, labels)
    assert loss.item() == pytest.approx(0.5, abs=1e-6)
    loss.backward()
    assert vectors.grad.isfinite().all()
    assert vectors.grad[:2].any() and not vectors.grad[2].any()


def test_invalid_images_get_no_gradient():
    vectors = torch.rand(4, 8, requires_grad=True)
    labels = torch.zeros(4, dtype=torch.long)
    valid = torch.tensor([True, True, False, True])
    AttentionCosineDistanceLoss()(vectors, labels, valid).backward()
    assert not vectors.grad[2].any()
    assert vectors.grad[[0, 1, 3]].any(1).all()


def test_half_precision_vectors_give_a_full_precision_loss():
    vectors, labels = torch.rand(6, 24), torch.arange(2).repeat(3)
    expected = AttentionCosineDistanceLoss()(vectors, labels)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        loss = AttentionCosineDistanceLoss()(vectors, labels)
        half = AttentionCosineDistanceLoss()(vectors.bfloat16(), labels)
    assert torch.equal(loss, expected)
    assert half.dtype == torch.float32


def test_counts_of_pairs_and_identities():
    """Ids 0 (3 images, one invalid), 1 (3), 2 (1): 1 + 3 pairs of 2 ids."""
    labels = torch.tensor([0, 0, 0, 1, 1, 1, 2])
    valid = torch.tensor([True, True, False, True, True, True, True])
    pairs, identities = pair_counts(labels, valid)
    assert (pairs.item(), identities.item()) == (4, 2)
    nothing = pair_counts(labels, torch.zeros(7, dtype=torch.bool))
    assert [count.item() for count in nothing] == [0, 0]


@pytest.mark.parametrize('num_ids', [10, 1000])
def test_counts_are_whole_numbers_for_many_identities(num_ids):
    labels = torch.arange(num_ids).repeat(3)
    pairs, identities = pair_counts(labels, torch.ones_like(labels).bool())
    assert (pairs.item(), identities.item()) == (3 * num_ids, num_ids)


def test_unknown_reduction_is_refused():
    with pytest.raises(ValueError, match=r"reduction must be .*got 'none'"):
        AttentionCosineDistanceLoss('none')
