"""Figures of the parts, by hand and with plain loops."""

import pytest
import torch
from torch import nn

from aanet.diagnosis.alignment import crop_figures, vector_figures
from aanet.diagnosis.gates import gate_figures, pool_figures, watched_gates
from aanet.diagnosis.gradients import gradient_figures, loss_terms
from aanet.diagnosis.metric_branch import distance_figures
from aanet.diagnosis.tapping import tapped
from aanet.models.backbones import attention_block
from aanet.models.necks.attention_vector import CropBox
from tests.helpers.diagnosis import tiny_batch, tiny_model


def test_a_gate_by_hand():
    gate = torch.tensor([0.0, 0.09, 0.11, 1.0, 1.89, 1.91, 2.0, 1.0])
    figures = gate_figures(gate, 2.0)
    assert figures['mean'] == pytest.approx(1.0)
    assert figures['std'] == pytest.approx(gate.numpy().std())
    assert (figures['min'], figures['max']) == (0, 2)
    assert figures['saturated'] == 4 / 8


def test_pools_by_hand():
    """Two channels of two images; one pair has no zero."""
    feat = torch.ones(2, 2, 2, 2)
    feat[0, :, 0, 0] = 0
    feat[1, 0, 1, 1] = 0
    figures = pool_figures(feat)
    assert figures == {'nonzero_min': 0.25, 'avg': 13 / 16, 'min': 0.25}


def test_crops_by_hand():
    """Rows 1 to 3 and columns 0 to 1 of the first, the whole second."""
    box = CropBox(
        top=torch.tensor([1, 0]),
        bottom=torch.tensor([3, 5]),
        left=torch.tensor([0, 0]),
        right=torch.tensor([1, 3]),
        empty=torch.tensor([False, True]),
    )
    expected = {'kept_height': 0.75, 'kept_width': 0.75, 'empty_crops': 0.5}
    assert crop_figures(box, height=6, width=4) == expected


def test_vectors_against_a_loop():
    vectors = torch.rand(7, 5)
    vectors[5] = 0
    labels = torch.tensor([0, 1, 0, 1, 1, 0, 2])
    valid = torch.tensor([True] * 6 + [False])
    pairs = {True: [], False: []}
    for a in range(5):
        for b in range(a):
            cosine = torch.cosine_similarity(vectors[a], vectors[b], dim=0)
            pairs[bool(labels[a] == labels[b])].append(cosine.item())
    figures = vector_figures(vectors, labels, valid)
    assert figures == pytest.approx(
        {
            'cosine_same': sum(pairs[True]) / 4,
            'cosine_other': sum(pairs[False]) / 6,
        }
    )


def test_pairs_that_do_not_exist_are_absent():
    vectors, valid = torch.rand(3, 4), torch.ones(3, dtype=torch.bool)
    for labels, names in (
        ([0, 1, 2], {'cosine_other'}),
        ([0, 0, 0], {'cosine_same'}),
    ):
        found = vector_figures(vectors, torch.tensor(labels), valid)
        assert set(found) == names
    assert vector_figures(vectors, torch.arange(3), ~valid) == {}


def test_distances_by_hand():
    """Points on a line; the one at 9 is alone."""
    feats = torch.tensor([[0.0], [1.0], [3.0], [4.5], [9.0]])
    labels = torch.tensor([0, 0, 1, 1, 2])
    # Positive: 1, 1, 1.5, 1.5 and none. Negative: 3, 2, 2, 3.5, 4.5.
    figures = distance_figures(feats, labels, margin=1.2)
    assert figures == pytest.approx(
        {
            'hardest_positive': 1.25,
            'hardest_negative': 3.0,
            # 1.2 + 1 > 2 for the second, 1.2 + 1.5 > 2 for the third.
            'active_hinges': 0.4,
        }
    )


def test_distances_of_a_batch_without_pairs():
    feats = torch.rand(2, 3)
    one = distance_figures(feats, torch.tensor([0, 0]))
    assert set(one) == {'hardest_positive'}
    two = distance_figures(feats, torch.tensor([0, 1]), margin=9.0)
    assert set(two) == {'hardest_negative', 'active_hinges'}
    assert two['active_hinges'] == 1


def test_terms_are_added_up_as_in_training():
    """The total that mmengine makes of them."""
    losses = {
        'loss_cls': [torch.tensor([1.0, 3.0]), torch.tensor(4.0)],
        'loss_acd': torch.tensor([0.5, 1.5]),
        'acd_pairs': torch.tensor(7.0),
    }
    terms = loss_terms(losses)
    assert {k: v.item() for k, v in terms.items()} == {
        'loss_cls': 6.0,
        'loss_acd': 1.0,
    }
    model = tiny_model()
    total, _ = model.parse_losses(losses)
    assert total == sum(terms.values())


def test_gradients_by_hand():
    """A map w * (3, 4): its gradients and cosines are known."""
    w = torch.ones(1, requires_grad=True)
    feat = w * torch.tensor([3.0, 4.0])
    terms = {
        'loss_cls': feat[0],
        'loss_b': -2 * feat[0] + 0 * feat[1],
        'loss_c': feat.sum(),
        'loss_d': torch.tensor(1.0),
        'loss_e': 5 * w.sum(),
    }
    figures = gradient_figures(terms, feat, [w])
    assert figures == pytest.approx(
        {
            'grad_map/loss_cls': 1.0,
            'grad_map/loss_b': 2.0,
            'grad_map/loss_c': 2**0.5,
            'grad_map/loss_d': 0.0,
            'grad_map/loss_e': 0.0,
            'grad_backbone/loss_cls': 3.0,
            'grad_backbone/loss_b': 6.0,
            'grad_backbone/loss_c': 7.0,
            'grad_backbone/loss_d': 0.0,
            'grad_backbone/loss_e': 5.0,
            'cosine_with_cls/loss_b': -1.0,
            'cosine_with_cls/loss_c': 0.5**0.5,
        }
    )


def test_without_a_classification_there_are_no_cosines():
    feat = torch.ones(2, requires_grad=True)
    figures = gradient_figures({'loss_triplet': feat.sum()}, feat, [])
    assert set(figures) == {
        'grad_map/loss_triplet',
        'grad_backbone/loss_triplet',
    }


def test_a_tap_notes_and_is_taken_off():
    module, seen = nn.Linear(2, 3), []
    with tapped(module, 'forward', lambda args, out: seen.append((args, out))):
        out = module(torch.ones(1, 2))
    ((args, noted),) = seen
    assert noted is out and args[0].shape == (1, 2)
    assert 'forward' not in module.__dict__
    module(torch.ones(1, 2))
    assert len(seen) == 1


def test_a_tap_gives_back_what_the_instance_had():
    module = nn.Identity()
    module.extra = own = lambda x: x + 1
    with tapped(module, 'extra', lambda args, out: None):
        assert module.extra(1) == 2 and module.extra is not own
    assert module.extra is own


@pytest.mark.parametrize(
    ('connection', 'position'),
    [
        ('parallel', 'residual'),
        ('series', 'block'),
        ('dense', 'block'),
        ('transmit', 'block'),
    ],
)
def test_gates_of_every_connection(monkeypatch, connection, position):
    """What multiplies a map is what is measured: one tap sees all."""
    model = tiny_model(
        backbone={'connection': connection, 'gate_position': position}
    )
    applied, figures = [], {}
    original = attention_block.apply_gate

    def spy(feat, attention, scale):
        applied.append((attention * scale).mean().item())
        return original(feat, attention, scale)

    monkeypatch.setattr(attention_block, 'apply_gate', spy)
    data = model.data_preprocessor(tiny_batch(), True)
    with watched_gates(model.backbone, figures):
        model(**data, mode='loss')
    means = [v for k, v in figures.items() if k.endswith('/mean')]
    assert means == pytest.approx(applied)
    assert len(means) == 4
