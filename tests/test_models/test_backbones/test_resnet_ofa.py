"""ResNetOFA: stages, placement and loading."""

import pytest
import torch
import torchvision

from aanet.registry import MODELS
from tests.helpers.models import TINY_BOTTLENECK, TINY_RESNET, build, perturb


def attention_names(backbone):
    """``layer3.3`` and so on: the blocks that carry a module."""
    return sorted(
        {
            name.split('.attention')[0]
            for name, _ in backbone.named_modules()
            if name.endswith('.attention')
        }
    )


def test_stage_shapes_have_last_stride_one():
    """[256, H/4], [512, H/8], [1024, H/16], [2048, H/16], an eighth."""
    backbone = build(TINY_BOTTLENECK, out_indices=(0, 1, 2, 3))
    maps = backbone(torch.rand(1, 3, 96, 48))
    assert [tuple(m.shape[1:]) for m in maps] == [
        (32, 24, 12),
        (64, 12, 6),
        (128, 6, 3),
        (256, 6, 3),
    ]
    assert all((m >= 0).all() for m in maps)


def test_default_last_stride_doubles_the_map():
    x = torch.rand(1, 3, 96, 48)
    narrow = build(TINY_RESNET)(x)[-1]
    usual = build(TINY_RESNET, strides=(1, 2, 2, 2))(x)[-1]
    assert narrow.shape[2:] == (6, 3)
    assert usual.shape[2:] == (3, 2)


def test_the_stride_sits_on_the_3x3_convolution():
    """ResNet v1.5, which torchvision's weights belong to."""
    block = build(TINY_BOTTLENECK).layer2[0]
    assert block.conv1.stride == (1, 1)
    assert block.conv2.stride == (2, 2)


def test_default_attention_is_at_the_last_six_blocks():
    backbone = build({'type': 'ResNetOFA', 'depth': 50, 'base_channels': 8})
    assert attention_names(backbone) == [
        'layer3.3',
        'layer3.4',
        'layer3.5',
        'layer4.0',
        'layer4.1',
        'layer4.2',
    ]


@pytest.mark.parametrize(
    ('blocks', 'expected'),
    [
        ((0, 0, 0, 0), []),
        ((2, 0, 0, 0), ['layer1.0', 'layer1.1']),
        ((0, 0, 1, 0), ['layer3.1']),
        ((0, 1, 0, 2), ['layer2.1', 'layer4.0', 'layer4.1']),
    ],
)
def test_attention_blocks_counts_from_the_end(blocks, expected):
    backbone = build(TINY_RESNET, attention_blocks=blocks)
    assert attention_names(backbone) == expected


def test_torchvision_weights_load(tmp_path):
    """A plain torchvision file, with its classifier, through init_cfg."""
    state = torchvision.models.resnet18().state_dict()
    torch.save(state, tmp_path / 'resnet.pth')
    backbone = MODELS.build(
        dict(
            type='ResNetOFA',
            depth=18,
            attention_blocks=(0, 0, 2, 2),
            init_cfg=dict(
                type='Pretrained', checkpoint=str(tmp_path / 'resnet.pth')
            ),
        )
    )
    backbone.init_weights()
    ours = backbone.state_dict()
    missing = [key for key in ours if key not in state]
    assert missing
    assert all('.attention.' in key for key in missing)
    assert [k for k in state if k not in ours] == ['fc.weight', 'fc.bias']
    for key in set(state) & set(ours):
        assert torch.equal(ours[key], state[key]), key
    for module in backbone.attention_modules():
        assert not any(layer.weight.any() for layer in module.gate_layers)


def test_torchvision_s_own_forward_gives_the_same_map():
    """Not only the keys agree: the same weights are the same function."""
    theirs = torchvision.models.resnet18().eval()
    ours = build(
        {'type': 'ResNetOFA', 'depth': 18, 'strides': (1, 2, 2, 2)},
        attention_blocks=(0, 0, 2, 2),
    )
    ours.load_state_dict(theirs.state_dict(), strict=False)
    body = torch.nn.Sequential(*list(theirs.children())[:-2])
    x = torch.randn(1, 3, 64, 32)
    torch.testing.assert_close(ours(x)[-1], body(x), rtol=1e-5, atol=1e-5)


def test_no_stage_is_frozen_by_default():
    backbone = build(TINY_RESNET)
    backbone.train()
    assert all(p.requires_grad for p in backbone.parameters())
    assert all(m.training for m in backbone.modules())


def test_deep_stem_runs():
    backbone = build(TINY_RESNET, deep_stem=True)
    assert backbone(torch.rand(1, 3, 64, 32))[-1].shape == (1, 64, 4, 2)


def test_gradients_reach_early_blocks_through_a_closed_gate_position():
    """An AANet of all blocks at its start differs by nothing but itself."""
    backbone = build(TINY_RESNET, attention_blocks=(2, 2, 2, 2))
    backbone(torch.rand(2, 3, 64, 32))[-1].sum().backward()
    for module in backbone.attention_modules():
        for layer in module.gate_layers:
            assert layer.weight.grad.abs().sum() > 0


@pytest.mark.filterwarnings('ignore:torch.utils.checkpoint')
@pytest.mark.parametrize('position', ['block', 'residual'])
def test_checkpointing_changes_the_memory_and_not_the_numbers(position):
    """with_cp trades memory for time; map and gradients stay."""
    x = torch.randn(2, 3, 64, 32)
    results = []
    for with_cp in (False, True):
        torch.manual_seed(0)
        backbone = build(TINY_RESNET, with_cp=with_cp, gate_position=position)
        perturb(backbone)
        out = backbone(x)[-1]
        out.square().sum().backward()
        results.append((out, backbone.layer3[0].conv1.weight.grad))
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs)
