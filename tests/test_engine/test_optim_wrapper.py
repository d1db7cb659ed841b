"""BF16OptimWrapper: autocast within, full precision without."""

import torch
from mmengine.device import get_device
from mmengine.optim import build_optim_wrapper

from aanet.engine import BF16OptimWrapper

DEVICE = torch.device(get_device()).type


def make(**kwargs):
    layer = torch.nn.Linear(4, 4)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    return layer, BF16OptimWrapper(optimizer=optimizer, **kwargs)


def test_autocast_is_on_within_and_off_behind():
    layer, wrapper = make()
    assert not torch.is_autocast_enabled(DEVICE)
    with wrapper.optim_context(layer):
        assert torch.is_autocast_enabled(DEVICE)
        assert torch.get_autocast_dtype(DEVICE) == torch.bfloat16
    assert not torch.is_autocast_enabled(DEVICE)


def test_autocast_is_off_behind_an_error():
    layer, wrapper = make()
    try:
        with wrapper.optim_context(layer):
            raise RuntimeError
    except RuntimeError:
        pass
    assert not torch.is_autocast_enabled(DEVICE)


def test_a_step_updates_full_precision_weights():
    layer, wrapper = make()
    layer.to(DEVICE)
    before = layer.weight.detach().clone()
    with wrapper.optim_context(layer):
        out = layer(torch.rand(2, 4, device=DEVICE))
        assert out.dtype == torch.bfloat16
        loss = out.float().square().mean()
    wrapper.update_params(loss)
    assert layer.weight.dtype == torch.float32
    assert not torch.equal(layer.weight, before)


def test_gradients_accumulate_as_in_its_base():
    layer, wrapper = make(accumulative_counts=2)
    layer.to(DEVICE)
    wrapper.initialize_count_status(layer, 0, 4)
    before = layer.weight.detach().clone()
    for step in range(2):
        with wrapper.optim_context(layer):
            loss = layer(torch.rand(2, 4, device=DEVICE)).square().mean()
        wrapper.update_params(loss)
        assert torch.equal(layer.weight, before) == (step == 0)


def test_configs_name_it():
    wrapper = build_optim_wrapper(
        torch.nn.Linear(2, 2),
        {
            'type': 'BF16OptimWrapper',
            'optimizer': {'type': 'SGD', 'lr': 0.1},
        },
    )
    assert isinstance(wrapper, BF16OptimWrapper)
