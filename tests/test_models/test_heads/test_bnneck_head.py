"""BNNeckHead: one feature on both sides of a batch norm."""

import math

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.models import LabelSmoothLoss
from mmpretrain.structures import DataSample

from aanet.models.heads import BNNeckHead
from aanet.models.losses import TriHardLoss
from aanet.registry import MODELS
from tests.helpers.models import labeled, perturb

CLASSES, CHANNELS = 7, 32
LABELS = [0, 0, 0, 1, 1, 1]


def make(**kwargs):
    return MODELS.build(
        dict(
            type='BNNeckHead',
            num_classes=CLASSES,
            in_channels=CHANNELS,
            **kwargs,
        )
    )


def last_map(count=6, channels=CHANNELS):
    return torch.rand(count, channels, 16, 8)


def trained(**kwargs):
    """As after some training: wide scores, and the shift still zero."""
    head = perturb(make(**kwargs))
    torch.nn.init.zeros_(head.bottleneck.bias)
    torch.nn.init.normal_(head.classifier.weight)
    return head


def test_loss_has_exactly_the_documented_keys():
    losses = make().loss((last_map(),), labeled(LABELS))
    assert set(losses) == {'loss_cls', 'loss_triplet'}
    assert all(term.ndim == 0 for term in losses.values())
    alone = make(loss_triplet=None)
    assert set(alone.loss((last_map(),), labeled(LABELS))) == {'loss_cls'}


def test_default_losses_are_the_baseline_s():
    head = make()
    assert isinstance(head.loss_cls, LabelSmoothLoss)
    assert head.loss_cls.label_smooth_val == 0.1
    assert head.loss_cls.mode == 'original'
    assert isinstance(head.loss_triplet, TriHardLoss)
    assert head.loss_triplet.intra_weight == 0
    assert head.loss_triplet.margin == 0.3


def test_layers_start_as_in_the_paper():
    head = BNNeckHead(751, 256)
    assert head.classifier.bias is None
    assert head.classifier.weight.std().item() == pytest.approx(
        0.001, rel=0.05
    )
    assert head.bottleneck.weight.eq(1).all()
    assert not head.bottleneck.bias.any()
    assert not head.bottleneck.bias.requires_grad
    learned = sum(p.numel() for p in head.parameters() if p.requires_grad)
    assert learned == 751 * 256 + 256


def test_scores_of_zero_lose_the_logarithm_of_the_classes():
    head = make()
    torch.nn.init.zeros_(head.classifier.weight)
    loss = head.loss((last_map(),), labeled(LABELS))['loss_cls']
    assert loss.item() == pytest.approx(math.log(CLASSES))


@pytest.mark.parametrize('scale', [1, 10])
def test_metric_loss_of_points_on_a_line(scale):
    """0 and 2 against 1 and 3: the hardest positive is at 2, negative at 1."""
    feat = torch.zeros(4, CHANNELS, 16, 8)
    feat[:, 0] = scale * torch.tensor([0.0, 2, 1, 3]).view(4, 1, 1)
    loss = make().loss((feat,), labeled([0, 0, 1, 1]))['loss_triplet']
    # It grows with the map: nothing is normalized.
    assert loss.item() == pytest.approx(0.3 + scale * (2 - 1), abs=1e-5)


def test_batch_norm_of_two_opposite_images():
    """Mean 0, variance 1: each keeps its value, but for epsilon."""
    head = make(test_feature='after')
    feat = torch.ones(2, CHANNELS, 16, 8)
    feat[1] = -1
    seen = []
    head.classifier.register_forward_pre_hook(lambda _, x: seen.append(x[0]))
    head.train().loss((feat,), labeled([0, 1]))
    expected = torch.tensor([[1.0], [-1.0]]).expand(2, CHANNELS)
    torch.testing.assert_close(seen[0], expected / (1 + 1e-5) ** 0.5)


def test_softmax_loss_equals_the_layers_applied_by_hand():
    """Mean, batch norm without shift, scores, smoothed cross entropy."""
    head = trained().train()
    feat = last_map()
    loss = head.loss((feat,), labeled(LABELS))['loss_cls']
    feature = feat.mean((2, 3))
    centered = feature - feature.mean(0)
    deviation = (feature.var(0, unbiased=False) + 1e-5).sqrt()
    after = head.bottleneck.weight * centered / deviation
    log_p = (after @ head.classifier.weight.T).log_softmax(1)
    target = torch.full((6, CLASSES), 0.1 / CLASSES)
    target[range(6), LABELS] += 0.9
    torch.testing.assert_close(loss, -(target * log_p).sum(1).mean())


def test_metric_loss_equals_a_loop_over_the_anchors():
    feat, labels = last_map(), [0, 1, 0, 2, 1, 2]
    loss = make().loss((feat,), labeled(labels))['loss_triplet']
    feature = feat.mean((2, 3))
    terms = []
    for a, anchor in enumerate(labels):
        dist = [float((feature[a] - other).norm()) for other in feature]
        same = [d for d, y in zip(dist, labels, strict=True) if y == anchor]
        rest = [d for d, y in zip(dist, labels, strict=True) if y != anchor]
        terms.append(max(0.0, 0.3 + max(same) - min(rest)))
    assert loss.item() == pytest.approx(sum(terms) / 6, abs=1e-5)


def test_scale_of_the_map_is_nothing_to_the_classifier():
    """In training; the metric loss grows with it, see above."""
    head = trained().train()
    feat = 5 * last_map() * torch.rand(6, CHANNELS, 1, 1)
    small, large = (
        head.loss((x,), labeled(LABELS))['loss_cls'] for x in (feat, 8 * feat)
    )
    torch.testing.assert_close(small, large, rtol=1e-3, atol=1e-4)


def test_order_of_the_batch_is_nothing_to_the_losses():
    head, feat = trained().train(), last_map()
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    before = head.loss((feat,), labeled(LABELS))
    after = head.loss((feat[order],), labeled(torch.tensor(LABELS)[order]))
    for key, loss in before.items():
        torch.testing.assert_close(loss, after[key])


@pytest.mark.parametrize('name', ['QuadrupletLoss', 'AngularLoss'])
def test_metric_loss_can_be_any_ranking_loss(name):
    head = make(loss_triplet={'type': name})
    feat = last_map().requires_grad_()
    loss = head.loss((feat,), labeled([0, 0, 1, 1, 2, 2]))['loss_triplet']
    loss.backward()
    assert loss.isfinite()
    assert feat.grad.isfinite().all() and feat.grad.any()


def test_classification_loss_can_be_another():
    head = trained(loss_cls={'type': 'mmpretrain.CrossEntropyLoss'}).eval()
    feat = last_map()
    loss = head.loss((feat,), labeled(LABELS))['loss_cls']
    scores = head.classifier(head.bottleneck(feat.mean((2, 3))))
    torch.testing.assert_close(
        loss, F.cross_entropy(scores, torch.tensor(LABELS))
    )


def test_every_parameter_but_the_shift_gets_a_gradient():
    head = make().train()
    sum(head.loss((last_map(),), labeled(LABELS)).values()).backward()
    silent = [
        name
        for name, parameter in head.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    assert silent == ['bottleneck.bias']


def test_shift_stays_zero_in_training():
    """Weight decay and momentum do not move it either."""
    head = make().train()
    optimizer = torch.optim.Adam(head.parameters(), 0.1, weight_decay=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        sum(head.loss((last_map(),), labeled(LABELS)).values()).backward()
        optimizer.step()
    assert not head.bottleneck.bias.any()
    assert head.bottleneck.weight.ne(1).any()


def test_metric_loss_stays_in_front_of_the_batch_norm():
    head = make().train()
    feat = last_map().requires_grad_()
    head.loss((feat,), labeled(LABELS))['loss_triplet'].backward()
    assert feat.grad.any()
    assert all(parameter.grad is None for parameter in head.parameters())


@pytest.mark.parametrize('labels', [[0] * 6, [0, 1, 2, 3, 4, 5]])
def test_one_identity_and_only_single_images_are_finite(labels):
    head = make().train()
    feat = last_map().requires_grad_()
    total = sum(head.loss((feat,), labeled(labels)).values())
    total.backward()
    assert total.isfinite()
    assert feat.grad.isfinite().all()


def test_feature_is_by_default_the_one_after_the_batch_norm():
    head, feat = trained().eval(), last_map()
    norm = head.bottleneck
    after = feat.mean((2, 3)) - norm.running_mean
    after = after / (norm.running_var + 1e-5).sqrt() * norm.weight
    expected = after / after.norm(dim=1, keepdim=True)
    torch.testing.assert_close(head((feat,)), expected)


def test_feature_before_the_batch_norm_is_the_pooled_map():
    head, feat = trained(test_feature='before').eval(), last_map()
    expected = F.normalize(feat.mean((2, 3)), dim=1)
    torch.testing.assert_close(head((feat,)), expected)


@pytest.mark.parametrize('test_feature', ['after', 'before'])
def test_feature_of_the_paper_s_size_has_length_one(test_feature):
    head = BNNeckHead(751, 2048, test_feature).eval()
    feature = head((last_map(3, 2048),))
    assert feature.shape == (3, 2048)
    assert head.feat_dim == 2048
    torch.testing.assert_close(feature.norm(dim=1), torch.ones(3))


@pytest.mark.parametrize('test_feature', ['after', 'before'])
def test_dark_images_keep_the_feature_finite(test_feature):
    head = make(test_feature=test_feature).eval()
    assert head((torch.zeros(2, CHANNELS, 16, 8),)).isfinite().all()


@pytest.mark.parametrize('test_feature', ['after', 'before'])
def test_half_precision_is_left_before_the_length_is_taken(test_feature):
    head, feat = trained(test_feature=test_feature).eval(), last_map()
    expected = head((feat,))
    feature = head.half()((feat.half(),))
    assert feature.dtype == torch.float32
    torch.testing.assert_close(feature, expected, rtol=0, atol=5e-3)


@pytest.mark.parametrize(
    ('test_feature', 'layers'), [('after', ['bottleneck']), ('before', [])]
)
def test_prediction_runs_no_classifier(test_feature, layers):
    head = make(test_feature=test_feature).eval()
    called = []
    for name, part in head.named_children():
        part.register_forward_hook(lambda *_, name=name: called.append(name))
    state = {key: value.clone() for key, value in head.state_dict().items()}
    head.predict((last_map(),))
    assert called == layers
    for key, value in head.state_dict().items():
        assert torch.equal(value, state[key])


def test_prediction_fills_the_samples_it_was_given():
    """Without labels, as at test time; the samples stay the same objects."""
    samples = [DataSample(metainfo={'camid': i}) for i in range(6)]
    feat = (last_map(),)
    head = make().eval()
    out = head.predict(feat, samples)
    assert all(a is b for a, b in zip(out, samples, strict=True))
    features = torch.stack([sample.pred_feature for sample in samples])
    assert torch.equal(features, head(feat))
    assert [sample.camid for sample in samples] == list(range(6))


def test_prediction_makes_samples_where_there_are_none():
    out = make().eval().predict((last_map(),))
    assert len(out) == 6
    assert out[0].pred_feature.shape == (CHANNELS,)


def test_only_the_last_map_counts():
    head, feat = make().eval(), last_map()
    other = torch.rand(6, 8, 32, 16)
    assert torch.equal(head((other, feat)), head((feat,)))


def test_configs_of_losses_are_not_changed_by_building():
    first = make(loss_triplet={'type': 'TriHardLoss', 'margin': 1.0})
    assert first.loss_triplet.margin == 1
    assert make().loss_triplet.margin == 0.3


@pytest.mark.parametrize('value', ['behind', None, True])
def test_bad_switches_are_refused(value):
    message = rf"model\.head\.test_feature must be 'after' .*got {value!r}\."
    with pytest.raises(ValueError, match=message):
        make(test_feature=value)


def test_missing_labels_are_named():
    samples = [DataSample() for _ in range(6)]
    with pytest.raises(ValueError, match=r'gt_label .*PackInputs'):
        make().loss((last_map(),), samples)
