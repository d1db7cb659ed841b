"""QuadrupletLoss: closed forms, nested loops, margins and edge cases."""

from itertools import combinations

import pytest
import torch

from aanet.models.losses import QuadrupletLoss

FIXED = (0.3, 0.15)
LINE = [0.0, 1, 3, 5, 9, 10]


def naive_loss(feats, labels, margins=None):
    """The definition, one anchor and one pair of strangers at a time."""
    count = len(labels)
    squared = {
        (a, b): (feats[a] - feats[b]).square().sum()
        for a in range(count)
        for b in range(count)
    }
    first, second = margins or naive_margins(squared, labels)
    total = 0 * feats.sum()
    for a in range(count):
        positives, negatives, strangers = [], [], []
        for b in range(count):
            same = labels[a] == labels[b]
            (positives if same else negatives).append(squared[a, b])
        for u, v in combinations(range(count), 2):
            if len({labels[a], labels[u], labels[v]}) == 3:
                strangers.append(squared[u, v])
        hardest = torch.stack(positives).max()
        for margin, pairs in ((first, negatives), (second, strangers)):
            if pairs:
                hinge = margin + hardest - torch.stack(pairs).min()
                total = total + hinge.clamp(min=0)
    return total / count


def naive_margins(squared, labels):
    kinds = {True: [], False: []}
    for a, b in combinations(range(len(labels)), 2):
        kinds[labels[a] == labels[b]].append(squared[a, b].item())
    if not all(kinds.values()):
        return 0.0, 0.0
    positive, negative = (sum(k) / len(k) for k in kinds.values())
    gap = max(0.0, negative - positive)
    return gap, gap / 2


def on_a_line(*points):
    return torch.tensor(points)[:, None]


def test_closed_form_with_fixed_margins():
    """Identities at 0 1, 3 5 and 9 10.

    dp^2 = 1 1 4 4 1 1, dn^2 = 9 4 4 16 16 25, dnn^2 = 16 16 64 64 4 4.
    Margin 4 leaves 1 and 4 of the first hinges, margin 5 leaves 2 and 2 of
    the second ones.
    """
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    loss = QuadrupletLoss((4.0, 5.0))(on_a_line(*LINE), labels)
    assert loss.item() == pytest.approx((1 + 4 + 2 + 2) / 6)


def test_closed_form_with_adaptive_margins():
    """The same points: mu_p = 6 / 3, mu_n = 506 / 12, m1 = 241 / 6.

    All first hinges are open and sum up to 6 m1 + 12 - 74; the second ones
    of the outer identities are m2 - 15 and m2 - 3, twice each.
    """
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    loss = QuadrupletLoss()(on_a_line(*LINE), labels)
    margin = 241 / 6
    expected = 6 * margin - 62 + 2 * (margin / 2 - 15 + margin / 2 - 3)
    assert loss.item() == pytest.approx(expected / 6)


def test_adaptive_margins_are_never_negative():
    """Identities at 0 10 and 1 9: mu_p = 82, mu_n = 41, so m1 = m2 = 0.

    dp^2 = 100 100 64 64 and dn^2 = 1: the mean of 99 99 63 63.
    """
    feats, labels = on_a_line(0.0, 10, 1, 9), torch.tensor([0, 0, 1, 1])
    assert QuadrupletLoss()(feats, labels).item() == pytest.approx(81)


@pytest.mark.parametrize('margins', [None, FIXED, (0.0, 3.0), (3.0, 0.0)])
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
def test_value_and_gradient_equal_the_nested_loops(labels, margins):
    feats = torch.randn(len(labels), 5, dtype=torch.float64)
    feats.requires_grad_()
    loss = QuadrupletLoss(margins)(feats, torch.tensor(labels))
    expected = naive_loss(feats, labels, margins)
    torch.testing.assert_close(loss, expected)
    gradient, naive = (
        torch.autograd.grad(value, feats)[0] for value in (loss, expected)
    )
    torch.testing.assert_close(gradient, naive)


def test_second_term_pulls_where_the_first_is_met():
    """Two close strangers touch the spread of a far identity.

    Identities at 0 2, at 10 and at 11: from 0 and 2, dp^2 = 4 > dnn^2 = 1.
    """
    feats = on_a_line(0.0, 2, 10, 11).requires_grad_()
    labels = torch.tensor([0, 0, 1, 2])
    loss = QuadrupletLoss((0.0, 0.0))(feats, labels)
    assert loss.item() == pytest.approx((3 + 3) / 4)
    (gradient,) = torch.autograd.grad(loss, feats)
    torch.testing.assert_close(gradient[:, 0], torch.tensor([-2.0, 2, 1, -1]))


def test_no_gradient_flows_through_the_adaptive_margins():
    feats = torch.randn(9, 4, dtype=torch.float64, requires_grad=True)
    labels = torch.arange(3).repeat(3)
    same = labels[:, None] == labels
    squared = torch.cdist(feats, feats).square().detach()
    others = same & ~torch.eye(9, dtype=torch.bool)
    margin = (squared[~same].mean() - squared[others].mean()).clamp(0).item()
    assert margin > 0
    adaptive = QuadrupletLoss()(feats, labels)
    fixed = QuadrupletLoss((margin, margin / 2))(feats, labels)
    torch.testing.assert_close(adaptive, fixed)
    ours, theirs = (
        torch.autograd.grad(loss, feats)[0] for loss in (adaptive, fixed)
    )
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize('scale', [0.25, 3.0])
def test_adaptive_loss_grows_with_the_square_of_the_scale(scale):
    feats, labels = torch.randn(12, 8), torch.arange(4).repeat(3)
    loss = QuadrupletLoss()
    assert loss(feats, labels) > 0
    torch.testing.assert_close(
        loss(scale * feats, labels), scale**2 * loss(feats, labels)
    )


@pytest.mark.parametrize('margins', [None, FIXED])
def test_moving_all_features_does_not_matter(margins):
    feats, labels = torch.randn(12, 8), torch.arange(4).repeat(3)
    loss = QuadrupletLoss(margins)
    torch.testing.assert_close(
        loss(feats + torch.randn(8), labels), loss(feats, labels)
    )


def test_gradient_is_the_numerical_one():
    """With fixed margins; the adaptive ones hide from the gradient."""
    feats = torch.randn(8, 4, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 0, 0, 1, 1, 2, 2, 3])
    loss = QuadrupletLoss((4.0, 2.0))
    assert loss(feats, labels) > 0
    assert torch.autograd.gradcheck(lambda x: loss(x, labels), (feats,))


@pytest.mark.parametrize('margins', [None, FIXED])
def test_twins_have_the_gradient_of_the_nested_loops(margins):
    """Equal features of one identity, of two and of three."""
    feats = torch.randn(9, 4, dtype=torch.float64)
    feats[1] = feats[0]
    feats[3] = feats[6] = feats[0]
    feats.requires_grad_()
    labels = torch.arange(3).repeat_interleave(3)
    loss = QuadrupletLoss(margins)(feats, labels)
    expected = naive_loss(feats, labels.tolist(), margins)
    torch.testing.assert_close(loss, expected)
    gradient, naive = (
        torch.autograd.grad(value, feats)[0] for value in (loss, expected)
    )
    torch.testing.assert_close(gradient, naive)
    assert gradient.any()


def test_single_images_are_pushed_apart_by_a_fixed_margin_alone():
    """Without any positive pair, dp = 0 and adaptive margins are 0."""
    feats, labels = on_a_line(0.0, 0.5, 5), torch.tensor([0, 1, 2])
    assert QuadrupletLoss()(feats, labels).item() == 0
    # dn^2 = 0.25 0.25 20.25, dnn^2 = 20.25 25 0.25
    loss = QuadrupletLoss((0.3, 0.5))(feats, labels)
    assert loss.item() == pytest.approx((0.05 + 0.05 + 0.25) / 3)


@pytest.mark.parametrize('margins', [(0.3,), (0.3, -0.1), (1, 2, 3)])
def test_bad_margins_are_refused(margins):
    with pytest.raises(ValueError, match=r'margins must be .*got \('):
        QuadrupletLoss(margins)
