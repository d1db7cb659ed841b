"""The 3DA-like module against its formula."""

import pytest
import torch
import torch.nn.functional as F

from aanet.models.attention import ThreeDAModule
from tests.helpers.models import perturb


def times(conv, x):
    """A 1x1 convolution as a product of matrices."""
    y = torch.einsum('dc,nchw->ndhw', conv.weight[:, :, 0, 0], x)
    return y if conv.bias is None else y + conv.bias[:, None, None]


def reference_logits(module, x):
    """Wp (U * sigmoid(W2 ReLU(W1 GAP(U) + b1) + b2)) + bp."""
    conv, norm, _ = module.reduce
    u = times(conv, x)
    mean, var = norm.running_mean, norm.running_var
    if norm.training:
        mean, var = u.mean((0, 2, 3)), u.var((0, 2, 3), correction=0)
    u = (u - mean[:, None, None]) / (var + norm.eps).sqrt()[:, None, None]
    u = norm.weight[:, None, None] * u + norm.bias[:, None, None]
    u = u.clamp(min=0)
    hidden = times(module.channel.squeeze, u.mean((2, 3), keepdim=True))
    weights = times(module.channel.excite, hidden.clamp(min=0))
    return times(module.project, u / (1 + torch.exp(-weights)))


@pytest.mark.parametrize('training', [True, False])
def test_equals_the_formula(training):
    module = perturb(ThreeDAModule(32, 48, reduction=4))
    torch.nn.init.normal_(module.channel.squeeze.bias)
    module.double().train(training)
    x = torch.randn(3, 32, 13, 7, dtype=torch.float64)
    logits = module(x)
    torch.testing.assert_close(logits, reference_logits(module, x))
    assert logits.shape == (3, 48, 13, 7)
    assert logits.std((1, 2, 3)).min() > 0.1


@pytest.mark.parametrize('size', [(12, 6), (13, 7)])
def test_a_strided_block_averages_the_logits(size):
    """Pooling and the projection commute; the border is averaged, too."""
    strided = perturb(ThreeDAModule(16, 32, 2, reduction=4)).eval()
    whole = ThreeDAModule(16, 32, reduction=4).eval()
    whole.load_state_dict(strided.state_dict())
    x = torch.randn(2, 16, *size)
    expected = F.avg_pool2d(whole(x), 2, ceil_mode=True)
    torch.testing.assert_close(strided(x), expected)


def test_inner_weights_start_ordinarily():
    """Only the gate starts at zero: SE must pass a gradient to W1."""
    module = ThreeDAModule(128, 128)
    assert module.channel.excite.weight.std() > 0.1
    assert not module.channel.excite.bias.any()
    assert not module.project.weight.any()


def test_ratio_sets_the_width_of_both_bottlenecks():
    module = ThreeDAModule(512, 512)
    assert module.reduce[0].out_channels == 512 // 16
    assert module.channel.squeeze.out_channels == 512 // 16
    assert ThreeDAModule(8, 8).reduce[0].out_channels == 1


@pytest.mark.parametrize(
    ('in_channels', 'out_channels', 'expected'),
    [(1024, 1024, 140_544), (1024, 2048, 207_104), (2048, 2048, 559_616)],
)
def test_parameters(in_channels, out_channels, expected):
    """C m + 2 m, 2 (m m + m), and m c' + c', where m = c/16."""
    module = ThreeDAModule(in_channels, out_channels)
    assert sum(p.numel() for p in module.parameters()) == expected
    width = in_channels // 16
    closed = (in_channels + 2) * width + 2 * (width + 1) * width
    assert closed + (width + 1) * out_channels == expected
