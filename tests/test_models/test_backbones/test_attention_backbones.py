"""What holds for every backbone that carries attention."""

import pytest
import torch

from tests.helpers.backbones import naive_forward
from tests.helpers.models import (
    SMALL_ATTENTIONS,
    TINY_BOTTLENECK,
    TINY_MOBILENET,
    TINY_RESNET,
    build,
    perturb,
    plain_twin,
)

# mmpretrain's MobileNetV2 cannot have last stride 1.
MOBILENET = {**TINY_MOBILENET, 'last_stride': 2}
BACKBONES = {
    'resnet18': (TINY_RESNET, (0, 0, 2, 2)),
    'resnet50': (TINY_BOTTLENECK, (0, 0, 3, 3)),
    'mobilenetv2': (MOBILENET, (0, 0, 0, 0, 2, 3, 1)),
}
ALL_BLOCKS = {
    'resnet18': (2, 2, 2, 2),
    'resnet50': (3, 4, 6, 3),
    'mobilenetv2': (1, 2, 3, 4, 3, 3, 1),
}
SWITCHES = [
    {'connection': 'parallel'},
    {'connection': 'series'},
    {'connection': 'dense'},
    {'connection': 'parallel', 'gate_position': 'residual'},
    {'connection': 'dense', 'gate_position': 'residual'},
    {'connection': 'transmit'},
    {'connection': 'transmit', 'gate_position': 'residual'},
    {'connection': 'parallel', 'gate_scale': 1.0},
]

CONCAT = [{'connection': 'dense', 'dense_fusion': 'concat'}]

every_backbone = pytest.mark.parametrize('name', BACKBONES)
every_attention = pytest.mark.parametrize(
    'attention', SMALL_ATTENTIONS, ids=lambda cfg: cfg['type']
)


def with_switches(choices):
    """Each backbone with each choice that its widths allow.

    MobileNetV2's widths (64, 96, 160) do not divide each other, so that
    only ``dense_fusion='concat'`` can connect its modules densely.
    """
    pairs = [
        pytest.param(name, switches, id=f'{name}-{switches}')
        for name in BACKBONES
        for switches in choices
        if name != 'mobilenetv2'
        or switches['connection'] != 'dense'
        or switches.get('dense_fusion') == 'concat'
    ]
    return pytest.mark.parametrize(('name', 'switches'), pairs)


def blocks_of(name, switches, blocks):
    """The blocks, or of MobileNetV2 those whose widths divide."""
    if name == 'mobilenetv2' and switches['connection'] == 'transmit':
        return (1, 2, 3, 4, 0, 0, 0)
    return blocks[name]


def images(count=2, height=64, width=32):
    return torch.randn(count, 3, height, width)


def twins(name, attention_blocks=None, **switches):
    """A backbone with attention and mmpretrain's with the same weights."""
    cfg, blocks = BACKBONES[name]
    blocks = blocks if attention_blocks is None else attention_blocks
    plain = plain_twin({k: v for k, v in cfg.items() if k != 'last_stride'})
    backbone = build(cfg, attention_blocks=blocks, **switches)
    backbone.load_state_dict(plain.state_dict(), strict=False)
    return backbone, plain


@every_backbone
def test_plain_weights_load_with_only_attention_keys_missing(name):
    cfg, _ = BACKBONES[name]
    plain = plain_twin({k: v for k, v in cfg.items() if k != 'last_stride'})
    backbone = build(cfg)
    result = backbone.load_state_dict(plain.state_dict(), strict=False)
    assert result.unexpected_keys == []
    assert result.missing_keys
    assert all('.attention.' in key for key in result.missing_keys)
    shared = [k for k in backbone.state_dict() if '.attention.' not in k]
    assert shared == list(plain.state_dict())


@with_switches([s for s in SWITCHES if 'gate_scale' not in s] + CONCAT)
def test_starts_as_the_plain_backbone_bit_for_bit(name, switches):
    default = {key: blocks for key, (_, blocks) in BACKBONES.items()}
    blocks = blocks_of(name, switches, default)
    backbone, plain = twins(name, blocks, **switches)
    x = images()
    for training in (False, True):
        backbone.train(training)
        plain.train(training)
        assert torch.equal(backbone(x)[-1], plain(x)[-1])


@every_backbone
@every_attention
def test_starts_as_the_identity_after_init_weights(name, attention):
    """As the Runner starts it, without pretrained weights."""
    cfg, _ = BACKBONES[name]
    backbone = build(cfg, attention=attention)
    backbone.init_weights()
    plain = plain_twin({k: v for k, v in cfg.items() if k != 'last_stride'})
    shared = {k: v for k, v in plain.state_dict().items()}
    backbone.load_state_dict(shared, strict=False)
    x = images()
    assert torch.equal(backbone(x)[-1], plain(x)[-1])


@every_backbone
def test_every_module_runs_once_and_moves_the_map(name):
    backbone, plain = twins(name)
    modules = backbone.attention_modules()
    assert len(modules) == sum(BACKBONES[name][1])
    x = images()
    expected = plain(x)[-1]
    for module in modules:
        calls = []
        handle = module.register_forward_hook(
            lambda *_, calls=calls: calls.append(1)
        )
        weights = [layer.weight for layer in module.gate_layers]
        for weight in weights:
            torch.nn.init.normal_(weight)
        moved = (backbone(x)[-1] - expected).abs().max()
        for weight in weights:
            torch.nn.init.zeros_(weight)
        handle.remove()
        assert calls == [1]
        assert moved > 1e-3
    assert torch.equal(backbone(x)[-1], expected)


def check_naive(name, blocks, **switches):
    """Equality with the backbone that is gated by hand."""
    backbone, plain = twins(name, blocks, **switches)
    for module in backbone.attention_modules():
        perturb(module)
    # In double, because sixteen blocks multiply the rounding of fp32, and
    # the spatial gates of a narrow MobileNetV2 move its last map by 7e-4.
    x = images().double()
    plain.double()
    expected = naive_forward(
        plain,
        backbone.double().attention_modules(),
        blocks,
        x,
        switches['connection'],
        switches.get('gate_position', 'block'),
        switches.get('gate_scale', 2.0),
    )
    torch.testing.assert_close(backbone(x)[-1], expected)
    assert (expected - plain(x)[-1]).abs().max() > 1e-4


@with_switches(SWITCHES)
def test_equals_the_naive_forward_pass(name, switches):
    check_naive(name, blocks_of(name, switches, ALL_BLOCKS), **switches)


@every_attention
@with_switches([{'connection': 'dense'}, {'connection': 'transmit'}])
def test_connections_of_every_module(name, switches, attention):
    blocks = blocks_of(name, switches, ALL_BLOCKS)
    check_naive(name, blocks, attention=attention, **switches)


@every_backbone
def test_transmission_reaches_the_last_module(name):
    """The first gate's bias alone moves every later gate by as much."""
    switches = {'connection': 'transmit'}
    blocks = blocks_of(name, switches, ALL_BLOCKS)
    backbone, _ = twins(name, blocks, **switches)
    modules = backbone.attention_modules()
    for layer in modules[0].gate_layers:
        torch.nn.init.constant_(layer.bias, 0.4)
    seen = []

    def activate(x, logits):
        seen.append(logits)
        return logits.sigmoid()

    for module in modules:
        module.activate = activate
    backbone(images())
    assert len(seen) == len(modules) > 2
    for logits in seen:
        torch.testing.assert_close(logits, torch.full_like(logits, 0.4))


@every_backbone
@every_attention
def test_odd_sizes_of_every_module(name, attention):
    backbone, plain = twins(name, ALL_BLOCKS[name], attention=attention)
    for module in backbone.attention_modules():
        perturb(module)
    x = images(height=75, width=43)
    assert backbone(x)[-1].shape == plain(x)[-1].shape


@every_backbone
def test_odd_sizes_and_every_block(name):
    for down in ('avg', 'conv', 'input'):
        attention = {'type': 'OFAModule', 'reduction': 4, 'down': down}
        backbone, plain = twins(name, ALL_BLOCKS[name], attention=attention)
        for module in backbone.attention_modules():
            perturb(module)
        x = images(height=75, width=43)
        assert backbone(x)[-1].shape == plain(x)[-1].shape


@every_backbone
def test_attention_none_is_the_plain_backbone(name):
    backbone, plain = twins(name, attention=None)
    assert list(backbone.state_dict()) == list(plain.state_dict())
    x = images()
    assert torch.equal(backbone(x)[-1], plain(x)[-1])


@every_backbone
def test_every_parameter_gets_a_gradient(name):
    backbone = build(BACKBONES[name][0], attention_blocks=ALL_BLOCKS[name])
    perturb(backbone).train()
    backbone(images(4, 96, 48))[-1].square().mean().backward()
    silent = [
        key
        for key, parameter in backbone.named_parameters()
        if parameter.grad is None or not parameter.grad.isfinite().all()
    ]
    assert silent == []


def test_dense_sum_refuses_widths_that_do_not_divide():
    """At construction, before any data is read, and with the way out."""
    with pytest.raises(ValueError, match=r"dense_fusion='concat'"):
        build(TINY_MOBILENET, widen_factor=1.0, connection='dense')


def test_transmission_refuses_widths_that_do_not_divide():
    """MobileNetV2 goes from 96 to 160 channels, within its default six."""
    message = r'logits of 96 channels to logits of 160, .*attention_blocks'
    with pytest.raises(ValueError, match=message):
        build(TINY_MOBILENET, widen_factor=1.0, connection='transmit')
    build(
        TINY_MOBILENET,
        widen_factor=1.0,
        connection='transmit',
        attention_blocks=(0, 0, 0, 0, 0, 3, 1),
    )


FREEZING = [
    pytest.param('resnet18', {'frozen_stages': 4}, id='resnet18'),
    pytest.param(
        'resnet18',
        {
            'frozen_stages': 4,
            'connection': 'dense',
            'dense_fusion': 'concat',
        },
        id='resnet18-concat',
    ),
    pytest.param('mobilenetv2', {'frozen_stages': 7}, id='mobilenetv2'),
]


@pytest.mark.parametrize(('name', 'switches'), FREEZING)
def test_frozen_backbone_trains_only_its_attention(name, switches):
    """The paper's Table 4 "Freeze": weights and statistics stay."""
    backbone = build(BACKBONES[name][0], norm_eval=True, **switches)
    perturb(backbone)
    # MobileNetV2's last convolution is no stage, and never frozen.
    outside = 'conv2.' if name == 'mobilenetv2' else ' '
    before = {k: v.clone() for k, v in backbone.state_dict().items()}
    trained = [p for p in backbone.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=0.1)
    for _ in range(2):
        backbone.train()
        backbone(images(4))[-1].square().mean().backward()
        optimizer.step()
    after = backbone.state_dict()
    moved = {k for k in before if not torch.equal(before[k], after[k])}
    ours = {k for k in before if '.attention.' in k or '_link.' in k}
    learned = {k for k in moved if not k.startswith(outside)}
    assert learned <= ours
    statistics = {k for k in ours if 'running' in k}
    assert statistics and statistics <= moved
    weights = {k for k, _ in backbone.named_parameters() if k in ours}
    assert len(weights & moved) > 0.9 * len(weights)


@pytest.mark.parametrize(
    ('switch', 'message'),
    [
        ({'connection': 'serial'}, r"connection .*parallel.*got 'serial'"),
        ({'gate_position': 'in'}, r"gate_position .*residual.*got 'in'"),
        ({'dense_fusion': 'add'}, r"dense_fusion .*concat.*got 'add'"),
        ({'attention_blocks': (0, 0, 3, 3)}, r'attention_blocks .*\(2, 2'),
        ({'attention_blocks': (0, 0, 2)}, r'attention_blocks .*4 stages'),
        ({'attention_blocks': (0, 0, 0, -1)}, r'attention_blocks .*-1'),
        ({'depth': 26}, r'depth must be one of .*got 26'),
        ({'attention': {'type': 'OFAModul'}}, r'OFAModul'),
    ],
)
def test_bad_arguments_are_refused(switch, message):
    with pytest.raises((ValueError, KeyError), match=message):
        build(TINY_RESNET, **switch)


@every_attention
def test_concatenation_takes_any_attention(attention):
    """Also those with one weight for all channels, or for all pixels."""
    backbone = perturb(
        build(TINY_RESNET, attention=attention, **CONCAT[0])
    ).train()
    (out,) = backbone(torch.randn(2, 3, 96, 48))
    out.square().mean().backward()
    assert out.isfinite().all()
    links = [b.attention_link for b in backbone._blocks() if b.attention_link]
    assert len(links) == 3
    assert all(link.project.weight.grad.abs().sum() > 0 for link in links)
