"""SOA: both fusions of channel and spatial attention."""

import pytest
import torch

from aanet.models.attention import CAModule, SAModule, SOAModule
from aanet.models.attention.soa import product_logits
from tests.helpers.models import perturb


def make(fuse, stride=1, training=True):
    """A perturbed module in double, and its parts as modules alone."""
    module = perturb(SOAModule(16, 32, stride, reduction=4, fuse=fuse))
    channel = CAModule(16, 32, stride, reduction=4)
    spatial = SAModule(16, 32, stride)
    channel.load_state_dict(module.channel.state_dict())
    spatial.load_state_dict(module.spatial.state_dict())
    return [m.double().train(training) for m in (module, channel, spatial)]


def inputs(size=(13, 7)):
    return torch.randn(3, 16, *size, dtype=torch.float64)


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('training', [True, False])
def test_sum_adds_the_logits(stride, training):
    module, channel, spatial = make('sum', stride, training)
    x = inputs()
    logits = module(x)
    a, b = channel(x), spatial(x)
    assert logits.shape == (3, 32, *b.shape[2:])
    for index in range(32):
        torch.testing.assert_close(logits[:, index], a[:, index] + b[:, 0])


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('training', [True, False])
def test_mul_multiplies_the_attentions(stride, training):
    module, channel, spatial = make('mul', stride, training)
    x = inputs()
    expected = channel(x).sigmoid() * spatial(x).sigmoid()
    attention = module.activate(x, module(x))
    torch.testing.assert_close(attention, expected)
    assert attention.std() > 0.01


def test_the_product_s_logits_are_the_stated_logsumexp():
    a = 30 * torch.randn(50, 1, dtype=torch.float64)
    b = 30 * torch.randn(1, 50, dtype=torch.float64)
    terms = torch.broadcast_tensors(-a, -b, -(a + b))
    expected = -torch.stack(terms).logsumexp(0)
    torch.testing.assert_close(product_logits(a, b), expected)


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_the_product_of_extreme_logits_is_finite(dtype):
    """Where 1 - A rounds to 0, log(A / (1 - A)) would be infinite."""
    ends = torch.tensor([-200.0, -8.0, 0.0, 8.0, 200.0], dtype=dtype)
    a = ends[:, None].clone().requires_grad_()
    b = ends[None].clone().requires_grad_()
    logits = product_logits(a, b)
    assert logits.dtype == torch.float32
    log_two = torch.tensor(2.0).log().item()
    expected = {(0, 0): -400.0, (0, 4): -200.0, (4, 4): 200.0 - log_two}
    for place, value in expected.items():
        assert logits[place].item() == pytest.approx(value)
    logits.sum().backward()
    for gradient in (a.grad, b.grad):
        assert gradient.isfinite().all() and (gradient > 0).all()


def test_mul_starts_at_a_quarter():
    """The identity with gate_scale=4, and half the map with 2."""
    module = SOAModule(16, 32, fuse='mul').eval()
    x = torch.randn(2, 16, 13, 7)
    attention = module.activate(x, module(x))
    assert attention.shape == (2, 32, 13, 7)
    torch.testing.assert_close(4 * attention, torch.ones_like(attention))


def test_gate_bias_is_the_start_of_the_sum_or_of_each_factor():
    x = torch.randn(2, 16, 8, 4)
    total = SOAModule(16, 32, gate_bias=3.0).eval()
    torch.testing.assert_close(total(x), torch.full((2, 32, 8, 4), 3.0))
    product = SOAModule(16, 32, fuse='mul', gate_bias=3.0).eval()
    attention = product.activate(x, product(x))
    expected = torch.tensor(3.0).sigmoid().square().expand_as(attention)
    torch.testing.assert_close(attention, expected)


@pytest.mark.parametrize('fuse', ['sum', 'mul'])
def test_both_parts_learn(fuse):
    module, *_ = make(fuse)
    logits = module(inputs())
    (logits * torch.randn_like(logits)).sum().backward()
    assert len(module.gate_layers) == 2
    for name, parameter in module.named_parameters():
        assert parameter.grad.abs().max() > 1e-8, name


@pytest.mark.parametrize(
    ('in_channels', 'out_channels', 'channel'),
    [(1024, 1024, 132_160), (1024, 2048, 198_720), (2048, 2048, 526_464)],
)
def test_parameters_are_those_of_the_parts(in_channels, out_channels, channel):
    module = SOAModule(in_channels, out_channels)
    assert sum(p.numel() for p in module.parameters()) == channel + 13


def test_unknown_fuse_is_refused():
    with pytest.raises(ValueError, match=r"fuse must be .*got 'max'"):
        SOAModule(8, 8, fuse='max')
