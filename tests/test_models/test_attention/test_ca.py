"""CA against SE-Net's formula, number by number."""

import numpy as np
import pytest
import torch

from aanet.models.attention import CAModule, FCAModule


def reference_logits(module, x):
    """W2 ReLU(W1 GAP(F) + b1) + b2, with the sums written out."""
    first = module.squeeze.weight.detach().numpy()[:, :, 0, 0]
    second = module.excite.weight.detach().numpy()[:, :, 0, 0]
    logits = np.zeros((len(x), len(second), 1, 1))
    for n, image in enumerate(x.numpy()):
        pooled = [channel.sum() / channel.size for channel in image]
        hidden = [
            max(0.0, sum(w * p for w, p in zip(row, pooled, strict=True)) + b)
            for row, b in zip(first, module.squeeze.bias.tolist(), strict=True)
        ]
        for k, row in enumerate(second):
            logits[n, k] = row @ hidden + module.excite.bias[k].item()
    return torch.from_numpy(logits)


def random_biases(module):
    for bias in (module.squeeze.bias, module.excite.bias):
        torch.nn.init.normal_(bias)
    return module.double()


@pytest.mark.parametrize('size', [(6, 4), (7, 5), (1, 1)])
def test_equals_the_formula(size):
    module = random_biases(CAModule(32, 48, reduction=4, gate_init='default'))
    x = torch.randn(3, 32, *size, dtype=torch.float64)
    torch.testing.assert_close(module(x), reference_logits(module, x))


def test_is_fca_without_its_minimum():
    """One code: the same keys, and the same numbers for the same pooling."""
    module = random_biases(CAModule(32, 48, gate_init='default'))
    twin = FCAModule(32, 48, pool='avg').double()
    twin.load_state_dict(module.state_dict())
    x = torch.randn(3, 32, 6, 4, dtype=torch.float64)
    assert torch.equal(module(x), twin(x))


@pytest.mark.parametrize('size', [(12, 6), (13, 7)])
def test_the_stride_changes_nothing(size):
    strided, module = CAModule(16, 32, 2), CAModule(16, 32)
    strided.load_state_dict(module.state_dict())
    x = torch.rand(2, 16, *size)
    assert strided(x).shape == (2, 32, 1, 1)
    assert torch.equal(strided(x), module(x))


@pytest.mark.parametrize(
    ('in_channels', 'out_channels', 'expected'),
    [
        (1024, 1024, 132_160),
        (1024, 2048, 198_720),
        (2048, 2048, 526_464),
        # A bottleneck of one channel, and not of none.
        (8, 8, 8 + 1 + 8 + 8),
    ],
)
def test_parameters(in_channels, out_channels, expected):
    module = CAModule(in_channels, out_channels)
    assert sum(p.numel() for p in module.parameters()) == expected
