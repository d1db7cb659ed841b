"""PCBTriHardHead: stripes, the global branch and the test feature."""

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample

from aanet.models.heads import PCBTriHardHead
from aanet.registry import MODELS
from tests.helpers.models import labeled, perturb

CLASSES, CHANNELS, PARTS = 7, 32, 6
LABELS = [0, 0, 0, 1, 1, 1]


def make(**kwargs):
    return MODELS.build(
        dict(
            type='PCBTriHardHead',
            num_classes=CLASSES,
            in_channels=CHANNELS,
            **{'part_channels': 16, 'dropout': 0.0, **kwargs},
        )
    )


def last_map(count=6, height=24):
    return torch.rand(count, CHANNELS, height, 12)


def test_loss_has_exactly_the_documented_keys():
    losses = make().loss((last_map(),), labeled(LABELS))
    assert set(losses) == {'loss_cls', 'loss_triplet'}
    assert len(losses['loss_cls']) == PARTS
    assert all(term.ndim == 0 for term in losses['loss_cls'])
    baseline = make(loss_triplet=None)
    assert set(baseline.loss((last_map(),), labeled(LABELS))) == {'loss_cls'}


def test_stripes_are_means_of_four_rows_each():
    feat = last_map()
    stripes = make().stripes(feat)
    assert stripes.shape == (6, PARTS, CHANNELS)
    for part in range(PARTS):
        rows = feat[:, :, 4 * part : 4 * part + 4]
        torch.testing.assert_close(stripes[:, part], rows.mean((2, 3)))


def test_stripes_can_add_the_maximum():
    feat = last_map()
    stripes = make(stripe_pool='avg+max').stripes(feat)
    rows = feat[:, :, 4:8]
    expected = rows.mean((2, 3)) + rows.amax((2, 3))
    torch.testing.assert_close(stripes[:, 1], expected)


@pytest.mark.parametrize('part', range(PARTS))
def test_a_part_sees_only_its_stripe(part):
    head = perturb(make()).eval()
    feat = last_map()
    changed = feat.clone()
    changed[:, :, 4 * part : 4 * part + 4] += torch.rand(6, CHANNELS, 4, 12)
    a, b = (
        head.loss((x,), labeled(LABELS))['loss_cls'] for x in (feat, changed)
    )
    moved = [bool(x != y) for x, y in zip(a, b, strict=True)]
    assert moved == [index == part for index in range(PARTS)]
    a, b = (
        head((x,)).unflatten(1, (PARTS, CHANNELS)) for x in (feat, changed)
    )
    moved = ((a - b).abs().amax((0, 2)) > 1e-6).tolist()
    assert moved == [index == part for index in range(PARTS)]


def test_parts_share_no_weights():
    """721,919 parameters a part at 767 identities, six of them apart."""
    head = PCBTriHardHead(767, 2048, loss_triplet=None)
    counts = [sum(p.numel() for p in part.parameters()) for part in head.parts]
    assert counts == [721_919] * PARTS
    assert len({id(p) for p in head.parameters()}) == PARTS * 5


def test_softmax_losses_equal_the_layers_applied_by_hand():
    """Reduction, batch norm, ReLU, classifier with a bias (Eq. 8)."""
    head = perturb(make()).eval()
    feat = last_map()
    losses = head.loss((feat,), labeled(LABELS))['loss_cls']
    for index, part in enumerate(head.parts):
        _, reduce, norm, _, classify = part
        assert reduce.bias is None
        stripe = feat[:, :, 4 * index : 4 * index + 4].mean((2, 3))
        hidden = F.relu(norm(stripe @ reduce.weight.T))
        scores = hidden @ classify.weight.T + classify.bias
        expected = F.cross_entropy(scores, torch.tensor(LABELS))
        torch.testing.assert_close(losses[index], expected)


def test_classifiers_start_near_zero():
    head = PCBTriHardHead(767, 256)
    for part in head.parts:
        assert part[-1].weight.std().item() == pytest.approx(0.001, rel=0.05)
        assert not part[-1].bias.any()
        fan_out_std = (2 / 256) ** 0.5
        assert part[1].weight.std().item() == pytest.approx(
            fan_out_std, rel=0.05
        )


def test_dropout_precedes_the_reduction_and_is_one_half():
    part = PCBTriHardHead(CLASSES, CHANNELS).parts[0]
    assert isinstance(part[0], torch.nn.Dropout)
    assert part[0].p == 0.5


def test_metric_loss_sees_the_normalized_embedding():
    """BN of a 256-d reduction of GAP, then length 1 (6.2)."""
    head = perturb(make(global_embed=8)).eval()
    feat = last_map()
    reduce, norm = head.embed
    assert reduce.bias is None
    expected = norm(feat.mean((2, 3)) @ reduce.weight.T)
    expected = expected / expected.norm(dim=1, keepdim=True)
    torch.testing.assert_close(head.global_feature(feat), expected)
    triplet = head.loss((feat,), labeled(LABELS))['loss_triplet']
    reference = MODELS.build({'type': 'TriHardLoss'})
    torch.testing.assert_close(
        triplet, reference(expected, torch.tensor(LABELS))
    )


@pytest.mark.parametrize('metric_norm', [True, False])
@pytest.mark.parametrize(
    'name', ['TriHardLoss', 'QuadrupletLoss', 'AngularLoss']
)
def test_metric_loss_can_be_any_ranking_loss(name, metric_norm):
    head = make(loss_triplet={'type': name}, metric_norm=metric_norm)
    feat = last_map().requires_grad_()
    labels = labeled([0, 0, 1, 1, 2, 2])
    loss = head.train().loss((feat,), labels)['loss_triplet']
    loss.backward()
    assert loss.isfinite() and loss > 0
    assert feat.grad.isfinite().all() and feat.grad.any()
    for parameter in head.embed.parameters():
        assert parameter.grad.isfinite().all() and parameter.grad.any()


def test_global_branch_can_be_the_pooled_map_unnormalized():
    head = make(global_embed=0, metric_norm=False)
    feat = last_map()
    torch.testing.assert_close(head.global_feature(feat), feat.mean((2, 3)))
    assert head.embed(feat) is feat


def test_embedding_has_the_paper_s_parameters():
    """2048 * 256 without a bias, and a batch norm."""
    with_embedding = PCBTriHardHead(767, 2048)
    without = PCBTriHardHead(767, 2048, loss_triplet=None)
    counts = [
        sum(p.numel() for p in head.parameters())
        for head in (with_embedding, without)
    ]
    assert counts == [4_856_314, 4_331_514]


def test_scaling_the_map_leaves_distances_in_training():
    """Batch norm behind the embedding takes the scale away."""
    head = make().train()
    # Channels that differ between images, as a trained backbone's do.
    feat = last_map() * 3 * torch.rand(6, CHANNELS, 1, 1)
    small, large = head.global_feature(feat), head.global_feature(10 * feat)
    torch.testing.assert_close(
        torch.cdist(small, small),
        torch.cdist(large, large),
        rtol=0,
        atol=1e-3,
    )
    assert torch.cdist(small, small).max() > 0.1


def test_feature_of_the_paper_s_size_has_length_one():
    """[B, 12288]: six stripes of 2048, each of length 1 / sqrt(6)."""
    head = PCBTriHardHead(751, 2048)
    feat = torch.rand(3, 2048, 24, 12)
    feature = head((feat,))
    assert feature.shape == (3, 12288)
    assert head.feat_dim == 12288
    torch.testing.assert_close(feature.norm(dim=1), torch.ones(3))
    parts = feature.unflatten(1, (6, 2048))
    torch.testing.assert_close(parts.norm(dim=2), torch.full((3, 6), 6**-0.5))
    expected = F.adaptive_avg_pool2d(feat, (6, 1)).squeeze(3)
    expected = F.normalize(expected, dim=1).transpose(1, 2) / 6**0.5
    torch.testing.assert_close(parts, expected)


def test_cat_normalizes_the_concatenation_alone():
    feat = last_map()
    feat[:, :, :4] *= 5
    feature = make(test_norm='cat')((feat,))
    stripes = make().stripes(feat).flatten(1)
    torch.testing.assert_close(feature, F.normalize(stripes, dim=1))
    torch.testing.assert_close(feature.norm(dim=1), torch.ones(6))


def test_a_dark_stripe_keeps_the_feature_finite():
    feat = last_map()
    feat[:, :, :4] = 0
    feature = make()((feat,))
    assert feature.isfinite().all()
    torch.testing.assert_close(feature.norm(dim=1), torch.ones(6))


def test_prediction_runs_no_learned_layer():
    head = make()
    called = []
    for name, part in head.named_modules():
        if name:
            part.register_forward_hook(lambda *_: called.append(1))
    feat = (last_map(),)
    head.train()
    training = head.predict(feat)
    head.eval()
    evaluation = head.predict(feat)
    assert called == []
    for a, b in zip(training, evaluation, strict=True):
        assert torch.equal(a.pred_feature, b.pred_feature)


def test_prediction_fills_the_samples_it_was_given():
    """Without labels, as at test time; the samples stay the same objects."""
    samples = [DataSample(metainfo={'camid': i}) for i in range(6)]
    feat = (last_map(),)
    head = make()
    out = head.predict(feat, samples)
    assert all(a is b for a, b in zip(out, samples, strict=True))
    features = torch.stack([sample.pred_feature for sample in samples])
    assert torch.equal(features, head(feat))
    assert [sample.camid for sample in samples] == list(range(6))


def test_prediction_makes_samples_where_there_are_none():
    out = make().predict((last_map(),))
    assert len(out) == 6
    assert out[0].pred_feature.shape == (PARTS * CHANNELS,)


def test_only_the_last_map_counts():
    head, feat = make().eval(), last_map()
    other = torch.rand(6, 8, 48, 24)
    assert torch.equal(head((other, feat)), head((feat,)))


def test_every_parameter_gets_a_gradient():
    head = make().train()
    losses = head.loss((last_map(),), labeled(LABELS))
    (sum(losses['loss_cls']) + losses['loss_triplet']).backward()
    silent = [
        name
        for name, parameter in head.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    # A bias before the softmax of balanced classes may rest, others not.
    assert silent == []


def test_all_images_of_one_identity_are_finite():
    head = make().train()
    feat = last_map().requires_grad_()
    losses = head.loss((feat,), labeled([0] * 6))
    total = sum(losses['loss_cls']) + losses['loss_triplet']
    total.backward()
    assert total.isfinite()
    assert feat.grad.isfinite().all()


def test_number_of_parts_is_free():
    head = make(num_parts=4)
    assert head((last_map(),)).shape == (6, 4 * CHANNELS)
    assert len(head.loss((last_map(),), labeled(LABELS))['loss_cls']) == 4


@pytest.mark.parametrize(
    ('switch', 'message'),
    [
        ({'stripe_pool': 'max'}, r"model\.head\.stripe_pool .*got 'max'"),
        ({'test_norm': 'none'}, r"model\.head\.test_norm .*got 'none'"),
    ],
)
def test_bad_switches_are_refused(switch, message):
    with pytest.raises(ValueError, match=message):
        make(**switch)


def test_missing_labels_are_named():
    samples = [DataSample() for _ in range(6)]
    with pytest.raises(ValueError, match=r'gt_label .*PackInputs'):
        make().loss((last_map(),), samples)
