"""The gated product and its gradients."""

import pytest
import torch

from aanet.models.attention.gate import apply_gate

SHAPES = [(2, 3, 4, 5), (2, 3, 1, 1), (2, 1, 4, 5)]


@pytest.mark.parametrize('shape', SHAPES)
@pytest.mark.parametrize('scale', [1.0, 2.0])
def test_gradients_of_every_way_to_broadcast(shape, scale):
    feat = torch.randn(2, 3, 4, 5, dtype=torch.double, requires_grad=True)
    attention = torch.rand(shape, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda f, a: apply_gate(f, a, scale), (feat, attention)
    )


@pytest.mark.parametrize('shape', SHAPES)
def test_numbers_are_those_of_the_plain_product(shape):
    feat, attention = torch.randn(2, 3, 4, 5), torch.rand(shape)
    expected = feat * (2.0 * attention)
    assert torch.equal(apply_gate(feat, attention, 2.0), expected)
    with torch.no_grad():
        assert torch.equal(apply_gate(feat, attention, 2.0), expected)


def test_map_keeps_its_type_and_attention_gets_a_gradient_of_its_own():
    feat = torch.randn(2, 3, 4, 5, dtype=torch.bfloat16, requires_grad=True)
    attention = torch.rand(2, 3, 4, 5, requires_grad=True)
    gated = apply_gate(feat, attention, 2.0)
    assert gated.dtype == torch.bfloat16
    gated.sum().backward()
    assert feat.grad.dtype == torch.bfloat16
    assert attention.grad.dtype == torch.float32
    torch.testing.assert_close(
        attention.grad, 2 * feat.detach().float(), rtol=0.01, atol=0.01
    )


def test_layout_is_kept():
    feat = torch.randn(2, 8, 4, 5).to(memory_format=torch.channels_last)
    feat.requires_grad_()
    attention = torch.rand_like(feat).requires_grad_()
    gated = apply_gate(feat, attention, 2.0)
    gated.backward(torch.ones_like(gated))
    for tensor in (gated, feat.grad, attention.grad):
        assert tensor.is_contiguous(memory_format=torch.channels_last)
