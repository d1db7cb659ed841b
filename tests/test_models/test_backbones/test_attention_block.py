"""Where the gate sits in a block, in closed form."""

import pytest
import torch
import torch.nn.functional as F

from aanet.models.attention import BaseAttention, OFAModule
from aanet.models.backbones.attention_block import (
    AttentionBasicBlock,
    AttentionBottleneck,
    AttentionInvertedResidual,
)
from tests.helpers.models import perturb

LOGIT = 1.5
SCALE = 1.7
GATE = SCALE * torch.sigmoid(torch.tensor(LOGIT))

BLOCKS = {
    'basic': lambda: AttentionBasicBlock(16, 16),
    'bottleneck': lambda: AttentionBottleneck(16, 16),
    'inverted': lambda: AttentionInvertedResidual(16, 16, 1, 6),
}
every_block = pytest.mark.parametrize('kind', BLOCKS)


def make(kind, connection='parallel', position='block', attention=None):
    """A perturbed block with a gate of constant logits."""
    block = perturb(BLOCKS[kind]()).eval()
    attention = attention or OFAModule(16, 16, gate_bias=LOGIT)
    block.attach(attention.eval(), connection, SCALE, position)
    return block


def ungated(block, x):
    attention, block.attention = block.attention, None
    y = block(x)
    block.attention = attention
    return y


def silence_residual(block):
    """Zero the last batch norm, and with it the residual."""
    norms = [m for m in block.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    own = [n for n in norms if n not in set(block.attention.modules())]
    torch.nn.init.zeros_(own[-1].weight)
    torch.nn.init.zeros_(own[-1].bias)


@every_block
@pytest.mark.parametrize('connection', ['parallel', 'series'])
def test_block_gate_scales_the_whole_output(kind, connection):
    block = make(kind, connection)
    x = torch.randn(2, 16, 8, 4)
    torch.testing.assert_close(block(x), ungated(block, x) * GATE)


@every_block
def test_residual_gate_leaves_the_shortcut_alone(kind):
    x = torch.randn(2, 16, 8, 4)
    block = make(kind, position='residual')
    silence_residual(block)
    torch.testing.assert_close(block(x), ungated(block, x))
    block = make(kind, position='block')
    silence_residual(block)
    torch.testing.assert_close(block(x), ungated(block, x) * GATE)


@every_block
def test_residual_gate_scales_the_residual(kind):
    """Without a shortcut (x = 0) ReLU(g r) = g ReLU(r)."""
    block = make(kind, position='residual')
    x = torch.zeros(2, 16, 8, 4)
    y = ungated(block, x)
    assert y.abs().max() > 0.1
    torch.testing.assert_close(block(x), y * GATE)


class Recorder(OFAModule):
    """Remembers what it reads."""

    def forward(self, x):
        self.seen = x
        return super().forward(x)


@every_block
@pytest.mark.parametrize(
    ('connection', 'position', 'reads_output'),
    [
        ('parallel', 'block', False),
        ('parallel', 'residual', False),
        ('dense', 'block', False),
        ('transmit', 'block', False),
        ('transmit', 'residual', False),
        ('series', 'block', True),
    ],
)
def test_what_the_attention_reads(kind, connection, position, reads_output):
    block = make(kind, connection, position, Recorder(16, 16))
    x = torch.randn(2, 16, 8, 4)
    expected = ungated(block, x) if reads_output else x.clone()
    block(x)
    torch.testing.assert_close(block.attention.seen, expected)


class Checkerboard(BaseAttention):
    """A module from outside the package: only the interface is asked."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.layer = torch.nn.Conv2d(1, 1, 1)

    @property
    def gate_layers(self):
        return (self.layer,)

    def forward(self, x):
        rows = torch.arange(x.shape[2])[:, None]
        columns = torch.arange(x.shape[3])
        return torch.where((rows + columns) % 2 == 0, 90.0, -90.0)[None, None]


@every_block
def test_any_module_with_the_interface_fits(kind):
    block = make(kind, attention=Checkerboard(16, 16))
    x = torch.randn(2, 16, 8, 4)
    y = ungated(block, x) * SCALE
    out = block(x)
    torch.testing.assert_close(out[:, :, ::2, ::2], y[:, :, ::2, ::2])
    assert not out[:, :, ::2, 1::2].any()


@every_block
def test_the_attention_is_handed_on_unscaled(kind):
    """Dense connections see A in [0, 1], not the gate."""
    block = make(kind, 'dense')
    seen = []
    block(torch.randn(2, 16, 8, 4), seen)
    assert len(seen) == 1
    torch.testing.assert_close(
        seen[0], torch.full_like(seen[0], GATE.item() / SCALE)
    )


@every_block
def test_transmitted_logits_are_added_and_handed_on(kind):
    """Those of the module before alone, which carry what it was given."""
    block = make(kind, 'transmit')
    x = torch.randn(2, 16, 8, 4)
    before = torch.full((2, 16, 8, 4), 0.7)
    earlier = [torch.full_like(before, 100.0), before]
    out = block(x, earlier)
    total = torch.full_like(before, LOGIT + 0.7)
    assert len(earlier) == 3
    torch.testing.assert_close(earlier[-1], total)
    torch.testing.assert_close(
        out, ungated(block, x) * SCALE * total.sigmoid()
    )


@every_block
def test_the_first_module_has_nothing_to_add(kind):
    x = torch.randn(2, 16, 8, 4)
    block = make(kind, 'transmit')
    torch.testing.assert_close(block(x), ungated(block, x) * GATE)


@every_block
def test_transmitted_logits_are_brought_to_size(kind):
    """Half as many channels, on a map of four times as many pixels."""
    block = make(kind, 'transmit')
    x = torch.randn(2, 16, 8, 4)
    earlier = [torch.randn(2, 8, 16, 8)]
    before = F.avg_pool2d(earlier[0], 2).repeat(1, 2, 1, 1)
    gate = SCALE * (LOGIT + before).sigmoid()
    torch.testing.assert_close(block(x, earlier), ungated(block, x) * gate)


@every_block
def test_output_keeps_its_type_in_half_precision(kind):
    block = make(kind).bfloat16()
    x = torch.randn(2, 16, 8, 4, dtype=torch.bfloat16)
    assert block(x).dtype == torch.bfloat16
