"""Measuring gives the figures of the step, and leaves no trace."""

import copy
import random
import re

import numpy as np
import pytest
import torch
from torch import nn

from aanet.diagnosis import mean_figures, measure
from aanet.registry import MODELS
from tests.helpers.diagnosis import (
    CHANNELS,
    CLASSES,
    tiny_batch,
    tiny_model,
)

BLOCKS = ('layer3.0', 'layer3.1', 'layer4.0', 'layer4.1')
TERMS = ('loss_cls', 'loss_triplet', 'loss_acd', 'loss_cam')


@pytest.fixture(scope='module')
def model():
    return tiny_model()


@pytest.fixture(scope='module')
def figures(model):
    torch.manual_seed(1)
    return measure(model, tiny_batch())


def total(losses, name):
    value = losses[name]
    return sum(value) if isinstance(value, list) else value


def step_losses(model, seed=1):
    """Losses of a copy's training step, its last map and the copy."""
    twin = copy.deepcopy(model).train()
    torch.manual_seed(seed)
    data = twin.data_preprocessor(tiny_batch(), True)
    feats = twin.extract_maps(data['inputs'])
    feats[-1].retain_grad()
    samples = data['data_samples']
    losses = dict(twin.head.loss(feats, samples))
    if twin.neck is not None:
        losses |= twin.neck.loss(feats, samples)
    return losses, feats[-1], twin


def test_the_names_of_all_figures(figures):
    expected = {f'value/{name}' for name in TERMS}
    expected |= {f'grad_map/{name}' for name in TERMS}
    expected |= {f'grad_backbone/{name}' for name in TERMS}
    # The CAM classifier's loss stops at the map.
    expected |= {f'cosine_with_cls/loss_{n}' for n in ('triplet', 'acd')}
    for block in BLOCKS:
        spread = ('mean', 'std', 'min', 'max', 'saturated')
        expected |= {f'gate/{block}/{name}' for name in spread}
        pools = ('nonzero_min', 'avg', 'min')
        expected |= {f'fca/{block}/{name}' for name in pools}
    crops = ('kept_height', 'kept_width', 'empty_crops')
    vectors = ('cosine_same', 'cosine_other', 'cam_accuracy')
    expected |= {f'aam/{name}' for name in (*crops, *vectors)}
    pairs = ('hardest_positive', 'hardest_negative', 'active_hinges', 'norm')
    expected |= {f'metric/{name}' for name in pairs}
    assert set(figures) == expected
    assert all(type(value) is float for value in figures.values())
    assert np.isfinite(list(figures.values())).all()


@pytest.mark.parametrize('name', TERMS)
def test_gradients_are_those_of_one_term_alone(model, figures, name):
    """Against a fresh forward pass and a backward pass of that term."""
    losses, feat, twin = step_losses(model)
    term = total(losses, name)
    assert figures[f'value/{name}'] == pytest.approx(term.item(), rel=1e-6)
    term.backward()
    norm = 0.0 if feat.grad is None else feat.grad.norm().item()
    assert figures[f'grad_map/{name}'] == pytest.approx(norm, rel=1e-5)
    squares = [
        weight.grad.double().square().sum()
        for weight in twin.backbone.parameters()
        if weight.grad is not None
    ]
    norm = float(sum(squares)) ** 0.5
    assert figures[f'grad_backbone/{name}'] == pytest.approx(norm, rel=1e-4)


@pytest.mark.parametrize('name', ['loss_triplet', 'loss_acd'])
def test_cosines_of_the_gradients(model, figures, name):
    grads = []
    for term in ('loss_cls', name):
        losses, feat, _ = step_losses(model)
        total(losses, term).backward()
        grads.append(feat.grad.flatten())
    cosine = torch.cosine_similarity(*grads, dim=0).item()
    found = figures[f'cosine_with_cls/{name}']
    assert found == pytest.approx(cosine, abs=1e-5)


def test_a_multiple_of_a_loss(model):
    """Cosine 1 and the triple norm for a loss that is three times it."""
    model = copy.deepcopy(model)
    head_loss = model.head.loss

    def loss(feats, samples):
        value = total(head_loss(feats, samples), 'loss_cls')
        return {'loss_cls': value, 'loss_again': [value, 2 * value]}

    model.head.loss, model.neck = loss, None
    found = measure(model, tiny_batch())
    assert found['cosine_with_cls/loss_again'] == pytest.approx(1)
    for kind in ('value', 'grad_map', 'grad_backbone'):
        expected = pytest.approx(3 * found[f'{kind}/loss_cls'], rel=1e-5)
        assert found[f'{kind}/loss_again'] == expected


def test_gates_and_pools_against_hooks(model, figures):
    """Inputs and outputs of the modules, seen by forward hooks."""
    twin = copy.deepcopy(model).train()
    seen = {}
    for name, block in twin.backbone.named_modules():
        if name in BLOCKS:
            block.attention.register_forward_hook(
                lambda module, args, out, name=name: seen.update(
                    {name: (args[0].detach(), out.detach())}
                )
            )
    twin(**twin.data_preprocessor(tiny_batch(), True), mode='loss')
    for name, (x, logits) in seen.items():
        gate = 2 / (1 + (-logits.double()).exp())
        share = ((gate < 0.1) | (gate > 1.9)).double().mean().item()
        expected = {
            f'gate/{name}/mean': gate.mean().item(),
            f'gate/{name}/std': gate.numpy().std(),
            f'gate/{name}/min': gate.min().item(),
            f'gate/{name}/max': gate.max().item(),
            f'fca/{name}/avg': x.mean().item(),
            f'fca/{name}/min': x.flatten(2).min(2).values.mean().item(),
        }
        for key, value in expected.items():
            assert figures[key] == pytest.approx(value, rel=1e-4, abs=1e-6)
        found = figures[f'gate/{name}/saturated']
        assert found == pytest.approx(share, abs=1e-3)
    assert set(seen) == set(BLOCKS)


def test_the_cam_classifier_against_its_scores(model, figures):
    _, feat, twin = step_losses(model)
    scores = feat.detach().mean((2, 3)) @ twin.neck.cam_fc.weight.T
    labels = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
    right = (scores.argmax(1) == labels).float().mean().item()
    assert figures['aam/cam_accuracy'] == pytest.approx(right)


def state_of(model):
    """Everything that measuring could change."""
    return (
        {k: v.clone() for k, v in model.state_dict().items()},
        [module.training for module in model.modules()],
        [weight.requires_grad for weight in model.parameters()],
        [weight.grad for weight in model.parameters()],
        [sorted(module.__dict__) for module in model.modules()],
        torch.get_rng_state(),
        random.getstate(),
        np.random.get_state()[1].copy(),
    )


def assert_same(one, other):
    assert one[0].keys() == other[0].keys()
    assert all(torch.equal(one[0][key], other[0][key]) for key in one[0])
    assert one[1:5] == other[1:5]
    assert torch.equal(one[5], other[5])
    assert one[6] == other[6]
    assert (one[7] == other[7]).all()


@pytest.mark.parametrize('training', [True, False])
def test_nothing_is_left_behind(training):
    model = tiny_model(backbone={'frozen_stages': 2, 'with_cp': True})
    model.train(training)
    batch = tiny_batch()
    before, images = state_of(model), batch['inputs'].clone()
    measure(model, batch)
    assert_same(state_of(model), before)
    assert torch.equal(batch['inputs'], images)


def test_nor_after_an_error():
    model = tiny_model()
    before = state_of(model)
    batch = tiny_batch()
    del batch['data_samples'][0].gt_label
    with pytest.raises(ValueError, match='gt_label in every data sample'):
        measure(model, batch)
    assert_same(state_of(model), before)


def test_gradients_that_have_been_accumulated_stay():
    model = tiny_model()
    for weight in model.parameters():
        weight.grad = torch.full_like(weight, 0.5)
    measure(model, tiny_batch())
    assert all((weight.grad == 0.5).all() for weight in model.parameters())


def test_it_is_the_training_mode_that_is_measured(model, figures):
    """A model as it is loaded for inference has the same figures."""
    twin = copy.deepcopy(model).eval()
    torch.manual_seed(1)
    assert measure(twin, tiny_batch()) == figures
    assert not twin.training


def test_modes_that_a_training_has_set_are_kept(model, figures):
    """Batch norms that a training has frozen use their running figures."""
    twin = copy.deepcopy(model).train()
    for part in twin.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eval()
    torch.manual_seed(1)
    found = measure(twin, tiny_batch())
    assert found['value/loss_triplet'] != figures['value/loss_triplet']


def test_recomputed_and_compiled_backbones(figures, model):
    for settings in (
        {'backbone': {'with_cp': True}},
        {'compile': {'backend': 'aot_eager'}},
        {'channels_last': True},
    ):
        twin = tiny_model(**settings)
        twin.load_state_dict(model.state_dict())
        torch.manual_seed(1)
        found = measure(twin, tiny_batch())
        assert found == pytest.approx(figures, rel=1e-3, abs=1e-4)


def test_autocast_covers_the_forward_pass(model, figures):
    torch.manual_seed(1)
    context = torch.autocast('cpu', dtype=torch.bfloat16)
    found = measure(model, tiny_batch(), context, loss_scale=2.0**10)
    assert found.keys() == figures.keys()
    assert found['grad_map/loss_triplet'] != figures['grad_map/loss_triplet']
    for name in ('value/loss_cls', 'grad_map/loss_triplet', 'metric/norm'):
        assert found[name] == pytest.approx(figures[name], rel=0.2)


def test_the_scale_of_the_loss_cancels(model, figures):
    torch.manual_seed(1)
    found = measure(model, tiny_batch(), loss_scale=2.0**12)
    assert found == pytest.approx(figures, rel=1e-5)


@pytest.mark.parametrize(
    ('settings', 'absent'),
    [
        ({'neck': None}, ('aam/.*', '.*/loss_acd', '.*/loss_cam')),
        ({'backbone': {'attention': None}}, ('gate/.*', 'fca/.*')),
        ({'backbone': {'attention': {'type': 'SAModule'}}}, ('fca/.*',)),
        (
            {'head': {'loss_triplet': None}},
            ('metric/.*', '.*/loss_triplet'),
        ),
        (
            {'head': {'loss_triplet': {'type': 'QuadrupletLoss'}}},
            ('metric/active_hinges',),
        ),
        (
            {'neck': {'loss_cam': None, 'cam_detach_weight': False}},
            ('.*/loss_cam',),
        ),
    ],
)
def test_parts_that_a_model_lacks_are_absent(figures, settings, absent):
    found = measure(tiny_model(**settings), tiny_batch())
    pattern = re.compile('|'.join(absent))
    lacking = {name for name in figures if pattern.fullmatch(name)}
    assert len(lacking) >= len(absent)
    assert set(found) == set(figures) - lacking


def test_a_head_without_an_embedding(model, figures):
    """The norm is that of the pooled map itself."""
    head = {
        'type': 'BNNeckHead',
        'num_classes': CLASSES,
        'in_channels': CHANNELS,
    }
    twin = tiny_model()
    twin.load_state_dict(model.state_dict())
    twin.head, twin.neck = MODELS.build(head), None
    found = measure(twin, tiny_batch())
    _, feat, _ = step_losses(model)
    norm = feat.detach().mean((2, 3)).norm(dim=1).mean().item()
    assert found['metric/norm'] == pytest.approx(norm, rel=1e-5)
    metric = {name for name in figures if name.startswith('metric/')}
    assert metric == {name for name in found if name.startswith('metric/')}


def test_a_backbone_that_is_frozen_has_no_gradients(figures):
    model = tiny_model(backbone={'attention': None, 'frozen_stages': 4})
    model.train()
    for weight in model.backbone.parameters():
        weight.requires_grad = False
    found = measure(model, tiny_batch())
    kinds = {name.partition('/')[0] for name in found}
    assert kinds == {'value', 'metric', 'aam'}


def test_other_models_are_refused():
    with pytest.raises(ValueError, match=r'only a ReIDNet .* is a Linear'):
        measure(nn.Linear(2, 2), tiny_batch())


def test_means_leave_out_what_is_absent():
    batches = [{'a': 1.0, 'b': 4.0}, {'a': 2.0, 'c': 5.0}]
    assert mean_figures(batches) == {'a': 1.5, 'b': 4.0, 'c': 5.0}
    assert mean_figures([]) == {}
