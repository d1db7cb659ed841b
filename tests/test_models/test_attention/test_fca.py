"""FCA against PAPER's formula, pixel by pixel."""

import pytest
import torch

from aanet.models.attention import FCAModule
from aanet.models.attention.average_minus_minimum import average_minus_minimum


def reference_logits(module, x, pool):
    """W2 ReLU(W1 pool(F) + b1) + b2, image by image."""
    rows = []
    for image in x:
        flat = image.flatten(1)
        pooled = {
            'avg-min': flat.mean(1) - flat.min(1).values,
            'avg': flat.mean(1),
            'avg+max': flat.mean(1) + flat.max(1).values,
        }[pool]
        first = module.squeeze.weight[:, :, 0, 0]
        second = module.excite.weight[:, :, 0, 0]
        hidden = (first @ pooled + module.squeeze.bias).clamp(min=0)
        rows.append(second @ hidden + module.excite.bias)
    return torch.stack(rows)[:, :, None, None]


@pytest.mark.parametrize('pool', ['avg-min', 'avg', 'avg+max'])
def test_equals_the_formula(pool):
    module = FCAModule(32, 48, reduction=4, pool=pool, gate_init='default')
    for bias in (module.squeeze.bias, module.excite.bias):
        torch.nn.init.normal_(bias)
    x = torch.randn(5, 32, 6, 4)
    torch.testing.assert_close(module(x), reference_logits(module, x, pool))


def test_minimum_pooling_ignores_a_constant_background():
    """Avg - min is blind to a level added to a channel; avg is not."""
    x = torch.rand(2, 32, 6, 4)
    shifted = x + torch.rand(1, 32, 1, 1)
    default = FCAModule(32, 32, gate_init='default')
    torch.testing.assert_close(default(x), default(shifted))
    average = FCAModule(32, 32, pool='avg', gate_init='default')
    assert (average(x) - average(shifted)).abs().max() > 0.01


def test_behind_a_relu_it_equals_squeeze_and_excitation():
    module = FCAModule(32, 32, gate_init='default')
    twin = FCAModule(32, 32, pool='avg', gate_init='default')
    twin.load_state_dict(module.state_dict())
    x = torch.randn(4, 32, 8, 8).relu()
    assert (x.amin((2, 3)) == 0).all()
    assert torch.equal(module(x), twin(x))


def test_tied_minima_share_the_gradient():
    module = FCAModule(4, 4, reduction=1, gate_init='default')
    x = torch.rand(1, 4, 2, 2)
    x[:, :, 0] = 0
    x.requires_grad_()
    module(x).sum().backward()
    assert torch.equal(x.grad[:, :, 0, 0], x.grad[:, :, 0, 1])


@pytest.mark.parametrize('layout', [None, torch.channels_last])
@pytest.mark.parametrize('rectify', [True, False])
def test_pooling_has_the_gradient_of_its_formula(layout, rectify):
    x = torch.randn(3, 5, 6, 4)
    x = (x.relu() if rectify else x).requires_grad_()
    weights = torch.randn(3, 5, 1, 1)
    plain = x.mean((2, 3), keepdim=True) - x.amin((2, 3), keepdim=True)
    (expected,) = torch.autograd.grad((plain * weights).sum(), x)
    laid = x.detach().to(memory_format=layout or torch.contiguous_format)
    laid.requires_grad_()
    (average_minus_minimum(laid) * weights).sum().backward()
    torch.testing.assert_close(laid.grad, expected)
    assert laid.grad.stride() == laid.stride()


def test_pooling_keeps_small_gradients_in_half_precision():
    """A lone minimum must not swamp the gradient of the average."""
    x = torch.arange(300.0).view(1, 1, 20, 15).bfloat16().requires_grad_()
    average_minus_minimum(x).backward()
    assert x.grad.dtype == torch.bfloat16
    expected = torch.tensor(1 / 300).bfloat16()
    assert (x.grad.flatten()[1:] == expected).all()


def test_ratio_sets_the_bottleneck():
    assert FCAModule(512, 512).squeeze.out_channels == 512 // 16
    assert FCAModule(8, 8, reduction=16).squeeze.out_channels == 1


def test_unknown_pool_is_refused():
    with pytest.raises(ValueError, match=r"pool must be one of .*got 'max'"):
        FCAModule(8, 8, pool='max')
