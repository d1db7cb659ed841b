"""What every ranking loss of a batch keeps to."""

import pytest
import torch
import torch.nn.functional as F

from aanet.models.losses import RankingLoss
from aanet.registry import MODELS

pytestmark = pytest.mark.parametrize(
    'cfg',
    [
        pytest.param({'type': 'TriHardLoss'}, id='trihard'),
        pytest.param({'type': 'QuadrupletLoss'}, id='quadruplet'),
        pytest.param(
            {'type': 'QuadrupletLoss', 'margins': (0.3, 0.15)},
            id='quadruplet-fixed',
        ),
        pytest.param({'type': 'AngularLoss'}, id='angular'),
    ],
)


def batch():
    """Four identities of 5, 3, 2 and 1 images, each around its center."""
    labels = torch.tensor([8, 8, 8, 8, 8, 3, 3, 3, 5, 5, 0])
    feats = torch.randn(9, 16)[labels] + torch.randn(11, 16)
    return F.normalize(feats, dim=1), labels


def test_is_a_ranking_loss_that_sees_something(cfg):
    loss = MODELS.build(cfg)
    assert isinstance(loss, RankingLoss)
    assert loss(*batch()) > 0.01


def test_loss_weight_scales_the_loss(cfg):
    feats, labels = batch()
    weighted = MODELS.build({**cfg, 'loss_weight': 2.5})(feats, labels)
    expected = 2.5 * MODELS.build(cfg)(feats, labels)
    torch.testing.assert_close(weighted, expected)


def test_order_of_the_batch_and_names_of_identities_do_not_matter(cfg):
    feats, labels = batch()
    loss, order = MODELS.build(cfg), torch.randperm(len(labels))
    expected = loss(feats, labels)
    torch.testing.assert_close(loss(feats[order], labels[order]), expected)
    renamed = torch.randperm(1000)[labels]
    torch.testing.assert_close(loss(feats, renamed), expected)


def test_rotating_features_does_not_matter(cfg):
    feats, labels = batch()
    loss = MODELS.build(cfg)
    rotation = torch.linalg.qr(torch.randn(16, 16)).Q
    torch.testing.assert_close(
        loss(feats @ rotation, labels),
        loss(feats, labels),
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize(
    'labels',
    [
        pytest.param([0] * 6, id='one-identity'),
        pytest.param([0, 0, 0, 1, 1, 1], id='two-identities'),
        pytest.param([0, 1, 2, 3, 4, 5], id='one-image-ids'),
        pytest.param([0, 0, 0, 1, 2, 3], id='uneven'),
    ],
)
@pytest.mark.parametrize('kind', ['random', 'twins', 'equal', 'zero'])
def test_odd_batches_are_finite_in_value_and_gradient(cfg, labels, kind):
    feats = torch.randn(6, 8)
    if kind == 'twins':
        feats[[1, 3, 4]] = feats[0].clone()
    elif kind == 'equal':
        feats[:] = feats[0].clone()
    elif kind == 'zero':
        feats[:] = 0
    feats.requires_grad_()
    loss = MODELS.build(cfg)(feats, torch.tensor(labels))
    loss.backward()
    assert loss.isfinite()
    assert feats.grad.isfinite().all()


def test_half_precision_and_autocast_give_the_full_precision_loss(cfg):
    feats, labels = batch()
    loss = MODELS.build(cfg)
    half = feats.bfloat16()
    with torch.autocast('cpu', dtype=torch.bfloat16):
        inside, widened = loss(feats, labels), loss(half, labels)
    assert torch.equal(inside, loss(feats, labels))
    assert torch.equal(widened, loss(half.float(), labels))
    assert widened.dtype == torch.float32


def test_gather_on_one_process_changes_nothing(cfg):
    feats, labels = batch()
    gathered = MODELS.build({**cfg, 'gather': True})(feats, labels)
    assert torch.equal(gathered, MODELS.build(cfg)(feats, labels))
