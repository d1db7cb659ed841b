"""What every attention module promises the block that carries it."""

import copy
import inspect

import pytest
import torch

import aanet.models.attention as attention_package
from aanet.models.attention import BaseAttention
from aanet.registry import MODELS
from tests.helpers.models import perturb

MODULES = [
    name
    for name, cls in vars(attention_package).items()
    if inspect.isclass(cls)
    and issubclass(cls, BaseAttention)
    and not inspect.isabstract(cls)
]
SIZES = [(128, 128, 1), (128, 256, 1), (128, 256, 2)]


def make(name, in_channels=128, out_channels=256, stride=1, **kwargs):
    return MODELS.build(
        dict(
            type=name,
            in_channels=in_channels,
            out_channels=out_channels,
            stride=stride,
            **kwargs,
        )
    )


def test_the_paper_s_modules_are_among_those_tested():
    assert {'OFAModule', 'FCAModule', 'MSAModule'} <= set(MODULES)
    rivals = {'CAModule', 'SAModule', 'SOAModule', 'HAModule'}
    assert rivals | {'ThreeDAModule'} <= set(MODULES)


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('name', MODULES)
def test_logits_broadcast_to_the_block_s_output(name, size):
    in_channels, out_channels, stride = size
    module = make(name, in_channels, out_channels, stride)
    # Odd sizes: a strided convolution rounds up, and so must the attention.
    for height, width in ((12, 6), (13, 7), (25, 11)):
        logits = module(torch.randn(3, in_channels, height, width))
        expected = (3, out_channels, -(-height // stride), -(-width // stride))
        assert torch.broadcast_shapes(logits.shape, expected) == expected


@pytest.mark.parametrize('name', MODULES)
def test_logits_start_at_zero_for_any_input(name):
    module = make(name).eval()
    assert not module(torch.randn(2, 128, 8, 4) * 100).any()


@pytest.mark.parametrize('name', MODULES)
def test_gate_bias_is_where_the_logits_start(name):
    logits = make(name, gate_bias=3.0).eval()(torch.randn(2, 128, 8, 4))
    torch.testing.assert_close(logits, torch.full_like(logits, 3.0))


@pytest.mark.parametrize('name', MODULES)
def test_default_start_of_the_gate_is_not_zero(name):
    # In training, where no branch ends in a ReLU that lets nothing pass.
    logits = make(name, gate_init='default')(torch.rand(2, 128, 8, 4))
    assert logits.any()


@pytest.mark.parametrize('name', MODULES)
def test_init_weights_restores_the_start(name):
    module = make(name)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(7.0)
    module.init_weights()
    assert not module.eval()(torch.randn(2, 128, 8, 4)).any()
    assert all((p != 7).all() for p in module.parameters())


@pytest.mark.parametrize('name', MODULES)
def test_the_gate_learns_from_the_first_step(name):
    module = make(name)
    x = torch.rand(4, 128, 8, 4)
    attention = module.activate(x, module(x))
    # Weighted at random, since batch norm hides the sum of its output.
    (attention * torch.randn_like(attention)).sum().backward()
    for layer in module.gate_layers:
        assert layer.weight.grad.abs().max() > 1e-3


@pytest.mark.parametrize('name', MODULES)
def test_every_parameter_gets_a_gradient_once_the_gate_moved(name):
    # In double, where rounding cannot pass for a gradient.
    module = make(name).double()
    for layer in module.gate_layers:
        torch.nn.init.normal_(layer.weight)
    logits = module(torch.randn(8, 128, 12, 6, dtype=torch.float64))
    (logits * torch.randn_like(logits)).sum().backward()
    silent = [
        key
        for key, parameter in module.named_parameters()
        if parameter.grad is None or parameter.grad.abs().max() < 1e-8
    ]
    assert silent == []


@pytest.mark.parametrize('name', MODULES)
def test_attention_lies_between_zero_and_one(name):
    module = make(name)
    x = torch.randn(2, 128, 8, 4)
    attention = module.activate(x, torch.tensor([-200.0, -5.0, 0.0, 200.0]))
    torch.testing.assert_close(
        attention, torch.tensor([0.0, 0.0066929, 0.5, 1.0])
    )


@pytest.mark.parametrize('name', MODULES)
def test_a_bf16_logit_of_eight_still_has_a_gradient(name):
    module = make(name)
    logits = torch.tensor([6.0, 8.0], dtype=torch.bfloat16, requires_grad=True)
    attention = module.activate(torch.rand(2, 128, 8, 4), logits)
    assert attention.dtype == torch.float32
    attention.sum().backward()
    exact = [s * (1 - s) for s in torch.tensor([6.0, 8.0]).sigmoid().tolist()]
    torch.testing.assert_close(
        logits.grad.float(), torch.tensor(exact), rtol=0.01, atol=0
    )


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('name', MODULES)
def test_channels_last_changes_no_number(name, training):
    module = perturb(make(name, stride=2)).train(training)
    twin = copy.deepcopy(module).to(memory_format=torch.channels_last)
    x = torch.randn(4, 128, 13, 7)
    fast = twin(x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(fast, module(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('name', MODULES)
def test_autocast_agrees_with_full_precision(name):
    module = perturb(make(name))
    x = torch.rand(8, 128, 12, 6)
    attention = module.activate(x, module(x))
    with torch.autocast('cpu', dtype=torch.bfloat16):
        half = module.activate(x, module(x))
    assert half.dtype == torch.float32
    assert (half - attention).abs().mean() < 0.01
    (half * torch.randn_like(half)).sum().backward()
    assert all(p.grad.isfinite().all() for p in module.parameters())


@pytest.mark.parametrize('name', MODULES)
def test_unknown_gate_init_is_refused(name):
    with pytest.raises(ValueError, match=r"gate_init must be .*got 'one'"):
        make(name, gate_init='one')
