"""ReIDNet: routing, the sum of losses, mixed precision."""

import pytest
import torch
import torch.nn.functional as F
from mmengine.optim import OptimWrapper
from mmpretrain.structures import DataSample

from aanet.registry import MODELS
from tests.helpers.models import TINY_RESNET, labeled, perturb

LABELS = [0, 0, 1, 1, 2, 2]


def make(neck=True, dropout=0.0, backbone=TINY_RESNET, **kwargs):
    neck_cfg = {'type': 'AAMNeck', 'num_classes': 5, 'in_channels': 64}
    return MODELS.build(
        dict(
            type='ReIDNet',
            backbone=backbone,
            neck=neck_cfg if neck else None,
            head=dict(
                type='PCBTriHardHead',
                num_classes=5,
                in_channels=64,
                part_channels=16,
                dropout=dropout,
            ),
            **kwargs,
        )
    )


def images(count=6):
    return torch.randn(count, 3, 96, 48)


def test_loss_joins_head_and_neck():
    losses = make()(images(), labeled(LABELS), mode='loss')
    assert set(losses) == {
        'loss_cls',
        'loss_triplet',
        'loss_acd',
        'loss_cam',
        'acd_pairs',
        'acd_ids',
        'empty_crops',
    }
    without = make(neck=False)(images(), labeled(LABELS), mode='loss')
    assert set(without) == {'loss_cls', 'loss_triplet'}


def test_total_is_equation_ten_with_unit_weights():
    """L_softmax + L_TriHard + L_ACD + L_cam, and nothing else."""
    losses = make()(images(), labeled(LABELS), mode='loss')
    total, log = make().parse_losses(losses)
    expected = (
        sum(losses['loss_cls'])
        + losses['loss_triplet']
        + losses['loss_acd']
        + losses['loss_cam']
    )
    torch.testing.assert_close(total, expected)
    torch.testing.assert_close(log['loss'], expected)
    assert log['acd_pairs'].item() == 3


def test_train_step_moves_the_weights():
    model = make()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    before = {k: v.clone() for k, v in model.named_parameters()}
    data = {
        'inputs': torch.randint(0, 256, (6, 3, 96, 48), dtype=torch.uint8),
        'data_samples': labeled(LABELS),
    }
    log = model.train_step(data, OptimWrapper(optimizer))
    assert log['loss'].isfinite()
    still = [
        k for k, v in model.named_parameters() if torch.equal(v, before[k])
    ]
    # The gate starts at zero, so that what lies before it waits one step.
    assert all('.attention.' in k and 'project' not in k for k in still)


def test_predict_returns_the_given_samples_with_the_tensor_s_features():
    model = make().eval()
    x = images()
    samples = [DataSample() for _ in range(6)]
    out = model(x, samples, mode='predict')
    assert all(a is b for a, b in zip(out, samples, strict=True))
    features = torch.stack([sample.pred_feature for sample in out])
    assert torch.equal(features, model(x))
    assert features.shape == (6, 6 * 64)
    torch.testing.assert_close(features.norm(dim=1), torch.ones(6))


def test_prediction_runs_neither_neck_nor_classifier():
    model = make().eval()
    called = []
    for name, part in model.named_modules():
        if name.startswith(('neck.', 'head.')):
            part.register_forward_hook(lambda *_: called.append(1))
    model(images(), mode='predict')
    assert called == []


def test_flip_test_adds_the_mirrored_feature():
    plain, flipping = make().eval(), make(flip_test=True).eval()
    flipping.load_state_dict(plain.state_dict())
    x = images()
    expected = F.normalize(plain(x) + plain(x.flip(3)), dim=1)
    torch.testing.assert_close(flipping(x), expected)
    out = flipping(x, mode='predict')
    features = torch.stack([sample.pred_feature for sample in out])
    torch.testing.assert_close(features, expected)
    mirrored = flipping(x.flip(3))
    torch.testing.assert_close(mirrored, expected)
    assert (plain(x) - expected).abs().max() > 1e-4


def test_channels_last_changes_the_memory_and_not_the_numbers():
    plain, fast = make().eval(), make(channels_last=True).eval()
    fast.load_state_dict(plain.state_dict())
    conv = fast.backbone.layer3[0].conv1.weight
    assert conv.is_contiguous(memory_format=torch.channels_last)
    x = images()
    torch.testing.assert_close(fast(x), plain(x), rtol=1e-4, atol=1e-5)


def test_default_preprocessor_is_mmpretrain_s():
    name = type(make().data_preprocessor).__name__
    assert name == 'ClsDataPreprocessor'
    model = make(data_preprocessor={'mean': [1, 1, 1], 'std': [2, 2, 2]})
    data = model.data_preprocessor({'inputs': torch.full((1, 3, 2, 2), 5)})
    torch.testing.assert_close(data['inputs'], torch.full((1, 3, 2, 2), 2.0))


def test_unknown_mode_is_refused():
    with pytest.raises(ValueError, match=r"mode must be .*got 'losses'"):
        make()(images(), mode='losses')


def gate_gradients(model):
    modules = model.backbone.attention_modules()
    layers = [layer for module in modules for layer in module.gate_layers]
    assert len(layers) == 4
    return [layer.weight.grad.abs().sum().item() for layer in layers]


def test_bf16_autocast_agrees_with_full_precision():
    model = perturb(make()).train()
    x, samples = images(12), labeled(LABELS * 2)
    total, _ = model.parse_losses(model(x, samples, mode='loss'))
    with torch.autocast('cpu', dtype=torch.bfloat16):
        losses = model(x, samples, mode='loss')
        half, _ = model.parse_losses(losses)
    assert half.item() == pytest.approx(total.item(), rel=0.02)
    half.backward()
    assert all(gradient > 0 for gradient in gate_gradients(model))
    assert all(p.grad.isfinite().all() for p in model.parameters())
    assert losses['loss_triplet'].dtype == torch.float32
    assert losses['loss_acd'].dtype == torch.float32


def test_degenerate_batches_are_finite():
    """One identity; one image each; the same picture everywhere."""
    for labels, x in (
        ([0] * 4, images(4)),
        ([0, 1, 2, 3], images(4)),
        ([0, 0, 1, 1], images(1).expand(4, -1, -1, -1)),
        ([0, 0, 1, 1], torch.zeros(4, 3, 96, 48)),
    ):
        model = make().train()
        total, _ = model.parse_losses(model(x, labeled(labels), mode='loss'))
        total.backward()
        assert total.isfinite()
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name


@pytest.mark.parametrize(
    'backbone',
    [
        {'attention': {'type': name, **options}, **switches}
        for name, options, switches in (
            ('OFAModule', {'reduction': 4}, {}),
            ('OFAModule', {'reduction': 4}, {'connection': 'dense'}),
            ('HAModule', {'reduction': 4}, {'connection': 'transmit'}),
            ('SOAModule', {'reduction': 4}, {'gate_position': 'residual'}),
        )
    ],
    ids=str,
)
def test_compiled_backbone_is_one_graph_with_the_same_numbers(backbone):
    """``fullgraph`` raises at the first graph break; keys are the same."""
    torch._dynamo.reset()
    plain = perturb(make(backbone={**TINY_RESNET, **backbone}))
    options = {'backend': 'eager', 'fullgraph': True}
    fast = make(backbone={**TINY_RESNET, **backbone}, compile=options)
    assert fast.state_dict().keys() == plain.state_dict().keys()
    fast.load_state_dict(plain.state_dict())
    gradients = []
    for model in (plain.train(), fast.train()):
        torch.manual_seed(1)
        losses = model(images(), labeled(LABELS), mode='loss')
        model.parse_losses(losses)[0].backward()
        gradients.append(model.backbone.conv1.weight.grad)
    torch.testing.assert_close(gradients[1], gradients[0])
    assert fast.backbone._compiled_call_impl is not None
    assert plain.backbone._compiled_call_impl is None
