"""HA against HA-CNN's definition, and its cheaper mixing."""

import pytest
import torch
import torch.nn.functional as F

from aanet.models.attention import HAModule
from tests.helpers.models import perturb


def normalize(x, norm):
    """Batch norm from its formula, by the batch in training."""
    mean, var = norm.running_mean, norm.running_var
    if norm.training:
        mean = x.mean((0, 2, 3))
        var = x.var((0, 2, 3), correction=0)
    scale = norm.weight / (var + norm.eps).sqrt()
    shift = norm.bias - mean * scale
    return x * scale[:, None, None] + shift[:, None, None]


def unit(x, layers, **kwargs):
    conv, norm, _ = layers
    assert conv.bias is None
    return normalize(F.conv2d(x, conv.weight, **kwargs), norm).relu()


def reference_logits(module, x, stride):
    """Z = BN(W (s * k)), with the C x H x W product made in full."""
    path, scale = module.spatial
    saliency = x.sum(1, keepdim=True) / x.shape[1]
    saliency = unit(saliency, path.unit, stride=2, padding=1)
    size = [-(-length // stride) for length in x.shape[2:]]
    saliency = F.interpolate(saliency, size, mode='bilinear')
    saliency = unit(saliency, scale)

    weights = F.adaptive_avg_pool2d(x, 1)
    for layers in module.channel:
        weights = unit(weights, layers)

    product = saliency * weights
    assert product.shape == (len(x), x.shape[1], *size)
    return normalize(F.conv2d(product, module.mix.weight), module.norm)


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('size', [(12, 6), (13, 7)])
@pytest.mark.parametrize('training', [True, False])
def test_equals_the_definition(stride, size, training):
    module = perturb(HAModule(16, 32, stride, reduction=4))
    module.double().train(training)
    x = torch.randn(5, 16, *size, dtype=torch.float64)
    expected = reference_logits(module, x, stride)
    logits = module(x)
    torch.testing.assert_close(logits, expected)
    assert logits.shape == (5, 32, *[-(-length // stride) for length in size])
    assert logits.std() > 0.01


def test_so_do_its_gradients():
    module = perturb(HAModule(16, 32, reduction=4)).double()
    x = torch.randn(5, 16, 12, 6, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(5, 32, 12, 6, dtype=torch.float64)
    targets = [x, *module.parameters()]
    ours = torch.autograd.grad((module(x) * weights).sum(), targets)
    expected = (reference_logits(module, x, 1) * weights).sum()
    theirs = torch.autograd.grad(expected, targets)
    for own, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(own, other)


def test_the_start_has_neither_scale_nor_shift():
    """Gamma and beta zero, and an ordinary start of all before."""
    module = HAModule(64, 64)
    assert not module.norm.weight.any() and not module.norm.bias.any()
    assert module.mix.weight.std() > 0.1
    other = HAModule(64, 64, gate_init='default')
    assert (other.norm.weight == 1).all() and not other.norm.bias.any()


@pytest.mark.parametrize(
    ('in_channels', 'out_channels', 'expected'),
    [
        (1024, 1024, 1_183_886),
        (1024, 2048, 2_234_510),
        (2048, 2048, 4_727_054),
    ],
)
def test_parameters(in_channels, out_channels, expected):
    """14 of the pixels, 2 c (c/16) + 2 (c/16 + c), and c c' + 2 c'."""
    module = HAModule(in_channels, out_channels)
    assert sum(p.numel() for p in module.parameters()) == expected
    hidden = in_channels // 16
    closed = 14 + 2 * in_channels * hidden + 2 * (hidden + in_channels)
    assert closed + (in_channels + 2) * out_channels == expected
