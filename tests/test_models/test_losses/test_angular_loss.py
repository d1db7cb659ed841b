"""AngularLoss: closed forms, nested loops and the angle it bounds."""

import math

import pytest
import torch
import torch.nn.functional as F

from aanet.models.losses import AngularLoss


def naive_loss(feats, labels, angle):
    """The definition, one pair and one negative at a time."""
    slope = math.tan(math.radians(angle)) ** 2
    units = [feat / feat.norm() for feat in feats]
    count, terms = len(labels), []
    for a in range(count):
        for p in range(count):
            if a == p or labels[a] != labels[p]:
                continue
            total = torch.ones((), dtype=feats.dtype)
            for n in range(count):
                if labels[n] != labels[a]:
                    push = 4 * slope * ((units[a] + units[p]) @ units[n])
                    pull = 2 * (1 + slope) * (units[a] @ units[p])
                    total = total + (push - pull).exp()
            terms.append(total.log())
    # The zero attaches a batch without any term to the graph.
    return sum(terms, 0 * feats.sum()) / max(len(terms), 1)


def at_angles(*degrees):
    angles = torch.tensor(degrees, dtype=torch.float64).deg2rad()
    return torch.stack([angles.cos(), angles.sin()], 1)


@pytest.mark.parametrize(
    ('degrees', 'exponent'),
    [
        # 4 (a + p) n - 4 a p
        pytest.param((0, 0, 0), 8 - 4, id='all-equal'),
        pytest.param((0, 0, 90), 0 - 4, id='negative-orthogonal'),
        pytest.param((0, 0, 180), -8 - 4, id='negative-opposite'),
        pytest.param((0, 90, 180), -4 - 0, id='positive-orthogonal'),
        pytest.param((0, 180, 90), 0 + 4, id='positive-opposite'),
    ],
)
def test_closed_form_of_one_triangle(degrees, exponent):
    loss = AngularLoss()(at_angles(*degrees), torch.tensor([0, 0, 1]))
    assert loss.item() == pytest.approx(math.log(1 + math.exp(exponent)))


def test_negatives_add_up_in_the_logarithm_and_pairs_are_averaged():
    """Unit axes: each exponent is 0.

    Identity 0 has two images and three negatives, identity 1 three images
    (six of the eight ordered pairs) and two negatives.
    """
    loss = AngularLoss()(torch.eye(5), torch.tensor([0, 0, 1, 1, 1]))
    expected = (2 * math.log(4) + 6 * math.log(3)) / 8
    assert loss.item() == pytest.approx(expected)


@pytest.mark.parametrize('angle', [30.0, 45.0, 60.0])
@pytest.mark.parametrize(
    'labels',
    [
        pytest.param([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3], id='even'),
        pytest.param([7, 0, 3, 3, 0, 0, 9, 3, 0, 0, 1], id='uneven'),
        pytest.param([4, 4, 4, 2, 2, 2], id='two-identities'),
        pytest.param([0, 1, 2, 3, 4], id='one-image-ids'),
        pytest.param([5, 5, 5, 5], id='one-identity'),
    ],
)
def test_value_and_gradient_equal_the_nested_loops(labels, angle):
    feats = torch.randn(len(labels), 5, dtype=torch.float64)
    feats.requires_grad_()
    loss = AngularLoss(angle)(feats, torch.tensor(labels))
    expected = naive_loss(feats, labels, angle)
    torch.testing.assert_close(loss, expected)
    gradient, naive = (
        torch.autograd.grad(value, feats)[0] for value in (loss, expected)
    )
    torch.testing.assert_close(gradient, naive)


def exponent_of(feats, angle):
    """The only exponent of the batch (a, p, n), read off the loss."""
    return AngularLoss(angle)(feats, torch.tensor([0, 0, 1])).expm1().log()


@pytest.mark.parametrize('angle', [20.0, 45.0, 50.0])
def test_exponent_is_the_paper_s_triangle(angle):
    """|a - p|^2 - 4 tan^2 |n - c|^2, c = (a + p) / 2, less its constant."""
    slope = math.tan(math.radians(angle)) ** 2
    for feats in F.normalize(torch.randn(5, 3, 4).double(), dim=2):
        a, p, n = feats
        side = (a - p).square().sum()
        median = (n - (a + p) / 2).square().sum()
        torch.testing.assert_close(
            exponent_of(feats, angle),
            side - 4 * slope * median - (2 - 6 * slope),
        )


@pytest.mark.parametrize('degrees', [(0, 40, 100), (0, 70, 200)])
def test_exponent_has_one_value_where_the_angle_meets_its_bound(degrees):
    """6 tan^2 - 2; below it for a sharper angle than the bound."""
    a, p, n = feats = at_angles(*degrees)
    tangent = (a - p).norm() / (2 * (n - (a + p) / 2).norm())
    angle = tangent.atan().rad2deg().item()
    for bound, below in ((angle - 5, False), (angle + 5, True)):
        slope = math.tan(math.radians(bound)) ** 2
        exponent = exponent_of(feats, bound).item()
        assert (exponent < 6 * slope - 2) == below
    exponent = exponent_of(feats, angle).item()
    assert exponent == pytest.approx(6 * tangent.item() ** 2 - 2)


def test_length_of_the_features_does_not_matter():
    feats, labels = torch.randn(12, 8), torch.arange(4).repeat(3)
    scaled = feats * torch.linspace(0.1, 10, 12)[:, None]
    loss = AngularLoss()
    expected = loss(feats, labels)
    torch.testing.assert_close(loss(scaled, labels), expected)
    torch.testing.assert_close(loss(F.normalize(feats), labels), expected)


def test_gradient_is_the_numerical_one():
    feats = torch.randn(6, 4, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 0, 0, 1, 1, 2])
    assert torch.autograd.gradcheck(
        lambda x: AngularLoss()(x, labels), (feats,)
    )


@pytest.mark.parametrize('labels', [[0, 1, 2, 3], [5, 5, 5, 5]])
def test_no_triangle_gives_zero_on_the_graph(labels):
    feats = torch.randn(4, 8, requires_grad=True)
    loss = AngularLoss()(feats, torch.tensor(labels))
    assert loss.item() == 0
    loss.backward()
    assert torch.equal(feats.grad, torch.zeros_like(feats))


def test_large_exponents_stay_finite():
    """Close to 90 degrees they pass what fp32 can raise e to."""
    feats = torch.ones(4, 8, requires_grad=True)
    loss = AngularLoss(85.0)(feats, torch.tensor([0, 0, 1, 1]))
    slope = math.tan(math.radians(85)) ** 2
    # Two negatives: log 2 over an exponent that drowns the 1.
    assert loss.item() == pytest.approx(6 * slope - 2 + math.log(2))
    loss.backward()
    assert feats.grad.isfinite().all()


def test_a_zero_feature_stays_finite():
    feats = torch.randn(6, 8)
    feats[2] = 0
    feats.requires_grad_()
    loss = AngularLoss()(feats, torch.arange(2).repeat(3))
    loss.backward()
    assert loss.isfinite()
    assert feats.grad.isfinite().all()


@pytest.mark.parametrize('angle', [0, 90.0, -45])
def test_bad_angle_is_refused(angle):
    with pytest.raises(ValueError, match=rf'angle must .*got {angle}\.'):
        AngularLoss(angle)
