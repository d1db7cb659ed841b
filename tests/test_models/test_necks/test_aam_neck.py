"""AAMNeck: what is lost, what is detached, what is logged."""

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample

from aanet.models.necks import AAMNeck
from aanet.registry import MODELS
from tests.helpers.aam import naive_acd
from tests.helpers.models import labeled

CLASSES, CHANNELS = 5, 16


def make(**kwargs):
    neck = MODELS.build(
        dict(
            type='AAMNeck',
            num_classes=CLASSES,
            in_channels=CHANNELS,
            **kwargs,
        )
    )
    torch.nn.init.normal_(neck.cam_fc.weight)
    return neck


def batch(labels=(0, 0, 0, 1, 1, 1, 2, 2)):
    feats = torch.rand(len(labels), CHANNELS, 24, 12)
    # Smooth maps, as a backbone's are: thresholds then crop something.
    feats = F.avg_pool2d(feats, 7, stride=1, padding=3).requires_grad_()
    return feats, labeled(list(labels))


def test_maps_pass_through():
    feats = (torch.rand(1, 3, 2, 2), torch.rand(1, CHANNELS, 4, 2))
    out = make()(feats)
    assert len(out) == 2
    assert all(a is b for a, b in zip(out, feats, strict=True))


def test_loss_has_exactly_the_documented_keys():
    feats, samples = batch()
    losses = make().loss((feats,), samples)
    assert set(losses) == {
        'loss_acd',
        'loss_cam',
        'acd_pairs',
        'acd_ids',
        'empty_crops',
    }
    assert all(value.ndim == 0 for value in losses.values())
    without = make(loss_cam=None, cam_detach_weight=False)
    assert 'loss_cam' not in without.loss((feats,), samples)


@pytest.mark.parametrize('mode', ['abs', 'rel', 'minmax'])
def test_alignment_equals_the_loop(mode):
    labels = (0, 0, 0, 1, 1, 1, 2, 2, 4)
    feats, samples = batch(labels)
    neck = make(threshold_mode=mode, threshold_h=0.45, threshold_w=0.4)
    ours = neck.loss((feats,), samples)['loss_acd']
    theirs = naive_acd(
        feats, list(labels), neck.cam_fc.weight.detach(), mode, 0.45, 0.4
    )
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)
    assert theirs > 1e-3
    (our_gradient,) = torch.autograd.grad(ours, feats)
    (their_gradient,) = torch.autograd.grad(theirs, feats)
    torch.testing.assert_close(
        our_gradient, their_gradient, rtol=1e-4, atol=1e-6
    )


def test_default_thresholds_are_absolute_thirty_percent():
    labels = (0, 0, 0, 1, 1, 1)
    feats, samples = batch(labels)
    neck = make()
    ours = neck.loss((feats,), samples)['loss_acd']
    theirs = naive_acd(
        feats, list(labels), neck.cam_fc.weight.detach(), 'abs', 0.3, 0.3
    )
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)


def test_alignment_ignores_the_scale_of_the_features():
    feats, samples = batch()
    neck = make()
    small = neck.loss((feats,), samples)['loss_acd']
    large = neck.loss((10 * feats,), samples)['loss_acd']
    assert small > 1e-3
    torch.testing.assert_close(large, small, rtol=0, atol=1e-5)


def test_map_is_that_of_the_image_s_own_class():
    feats, _ = batch((3, 1))
    neck = make()
    maps, ok = neck.activation_maps((feats,), torch.tensor([3, 1]))
    for image, label in enumerate((3, 1)):
        weight = neck.cam_fc.weight[label][:, None, None]
        raw = (feats[image] * weight).sum(0)
        expected = (raw - raw.min()) / (raw.max() - raw.min())
        torch.testing.assert_close(maps[image], expected)
    assert ok.all()


def gradients(neck, feats, samples, key):
    """Gradients of one loss by the map and by the classifier."""
    loss = neck.loss((feats,), samples)[key]
    return torch.autograd.grad(
        loss, (feats, neck.cam_fc.weight), allow_unused=True
    )


def test_by_default_cross_entropy_trains_the_classifier_alone():
    feats, samples = batch()
    by_map, by_weight = gradients(make(), feats, samples, 'loss_cam')
    assert by_map is None or not by_map.any()
    assert by_weight.any()


def test_by_default_alignment_trains_the_backbone_alone():
    feats, samples = batch()
    by_map, by_weight = gradients(make(), feats, samples, 'loss_acd')
    assert by_map.any()
    assert by_weight is None or not by_weight.any()


def test_flow_lets_cross_entropy_into_the_backbone():
    feats, samples = batch()
    neck = make(cam_grad='flow')
    by_map, by_weight = gradients(neck, feats, samples, 'loss_cam')
    assert by_map.any() and by_weight.any()


def test_alignment_can_train_the_classifier():
    feats, samples = batch()
    neck = make(cam_detach_weight=False, loss_cam=None)
    by_map, by_weight = gradients(neck, feats, samples, 'loss_acd')
    assert by_map.any() and by_weight.any()


def test_cross_entropy_is_on_the_globally_pooled_map():
    feats, samples = batch()
    neck = make()
    scores = feats.mean((2, 3)) @ neck.cam_fc.weight.T
    labels = torch.cat([sample.gt_label for sample in samples])
    torch.testing.assert_close(
        neck.loss((feats,), samples)['loss_cam'],
        F.cross_entropy(scores, labels),
    )
    assert neck.cam_fc.bias is None


def test_with_batch_norm_the_map_uses_the_effective_weight():
    """W * gamma / sqrt(var + eps); the shift cancels in Eq. 5."""
    feats, samples = batch()
    neck = make(cam_bn=True).eval()
    norm = neck.cam_norm
    torch.nn.init.uniform_(norm.weight, 0.2, 2)
    norm.running_var.uniform_(0.2, 2)
    norm.running_mean.normal_()
    labels = torch.cat([sample.gt_label for sample in samples])
    maps, _ = neck.activation_maps((feats,), labels)
    pixels = feats.permute(0, 2, 3, 1).flatten(0, 2)
    scores = neck.cam_fc(norm(pixels)).unflatten(0, (len(labels), 24, 12))
    raw = torch.stack(
        [scores[n, ..., label] for n, label in enumerate(labels)]
    )
    low, high = raw.amin((1, 2), True), raw.amax((1, 2), True)
    torch.testing.assert_close(
        maps, (raw - low) / (high - low), rtol=1e-4, atol=1e-5
    )


def test_a_constant_map_adds_nothing():
    feats = torch.ones(4, CHANNELS, 24, 12, requires_grad=True)
    losses = make().loss((feats,), labeled([0, 0, 1, 1]))
    assert losses['loss_acd'].item() == 0
    assert losses['acd_pairs'].item() == 0
    (gradient,) = torch.autograd.grad(losses['loss_acd'], feats)
    assert torch.equal(gradient, torch.zeros_like(gradient))


def test_one_constant_map_leaves_the_others_as_they_are():
    feats, _ = batch((0, 0, 0))
    with torch.no_grad():
        feats[2] = 1.0
    neck = make()
    three = neck.loss((feats,), labeled([0, 0, 0]))
    two = neck.loss((feats[:2],), labeled([0, 0]))
    torch.testing.assert_close(three['loss_acd'], two['loss_acd'])
    assert three['acd_pairs'].item() == two['acd_pairs'].item() == 1
    (gradient,) = torch.autograd.grad(three['loss_acd'], feats)
    assert gradient.isfinite().all()


def test_identities_with_one_image_add_nothing():
    feats, samples = batch((0, 1, 2, 3))
    losses = make().loss((feats,), samples)
    assert losses['loss_acd'].item() == 0
    assert losses['acd_ids'].item() == 0
    (gradient,) = torch.autograd.grad(losses['loss_acd'], feats)
    assert gradient.isfinite().all()


def test_pairs_and_identities_are_counted():
    """Ids 0 and 1 with three images, 2 with two: 3 + 3 + 1 pairs."""
    losses = make().loss((batch()[0],), batch()[1])
    assert losses['acd_pairs'].item() == 7
    assert losses['acd_ids'].item() == 3


def test_empty_crops_are_counted_and_fall_back_to_the_full_map():
    feats, samples = batch()
    never = make(threshold_h=2.0, threshold_w=2.0)
    whole = make(threshold_h=0.0, threshold_w=0.0)
    whole.load_state_dict(never.state_dict())
    ours = never.loss((feats,), samples)
    theirs = whole.loss((feats,), samples)
    assert ours['empty_crops'].item() == len(samples)
    assert theirs['empty_crops'].item() == 0
    torch.testing.assert_close(ours['loss_acd'], theirs['loss_acd'])


def test_loss_weights_are_beta_and_gamma():
    feats, samples = batch()
    neck = make()
    heavy = make(
        loss_acd={'type': 'AttentionCosineDistanceLoss', 'loss_weight': 3.0},
        loss_cam={'type': 'mmpretrain.CrossEntropyLoss', 'loss_weight': 5.0},
    )
    heavy.load_state_dict(neck.state_dict())
    ours, theirs = (n.loss((feats,), samples) for n in (neck, heavy))
    torch.testing.assert_close(theirs['loss_acd'], 3 * ours['loss_acd'])
    torch.testing.assert_close(theirs['loss_cam'], 5 * ours['loss_cam'])


def test_vector_length_is_the_map_s_height_by_default():
    feats, samples = batch()
    same = make(vector_length=24)
    default = make()
    default.load_state_dict(same.state_dict())
    a = default.loss((feats,), samples)['loss_acd']
    b = same.loss((feats,), samples)['loss_acd']
    assert torch.equal(a, b)


def test_alignment_is_in_full_precision_under_autocast():
    feats, samples = batch()
    neck = make()
    expected = neck.loss((feats,), samples)['loss_acd']
    with torch.autocast('cpu', dtype=torch.bfloat16):
        loss = neck.loss((feats,), samples)['loss_acd']
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, expected)


def test_classifier_starts_at_a_small_normal():
    neck = AAMNeck(751, 2048)
    neck.init_weights()
    assert neck.cam_fc.weight.std().item() == pytest.approx(0.001, rel=0.02)


def test_missing_labels_are_named():
    feats, _ = batch((0, 1))
    with pytest.raises(ValueError, match=r'gt_label .*PackInputs'):
        make().loss((feats,), [DataSample(), DataSample()])


@pytest.mark.parametrize(
    ('switch', 'message'),
    [
        ({'threshold_mode': 'max'}, r"model\.neck\.threshold_mode .*'max'"),
        ({'cam_grad': 'stop'}, r"model\.neck\.cam_grad .*'stop'"),
        ({'loss_cam': None}, r'model\.neck\.cam_detach_weight=False'),
    ],
)
def test_bad_switches_are_refused(switch, message):
    with pytest.raises(ValueError, match=message):
        make(**switch)
