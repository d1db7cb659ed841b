"""SA against HA-CNN's definition, pixel by pixel."""

import numpy as np
import pytest
import torch

from aanet.models.attention import SAModule
from tests.helpers.models import perturb


def convolve(saliency, kernel):
    """3x3 convolution of stride 2 with a border of zeros."""
    height, width = saliency.shape
    out = np.zeros((-(-height // 2), -(-width // 2)))
    for (i, j), _ in np.ndenumerate(out):
        for di in (-1, 0, 1):
            for dj in (-1, 0, 1):
                row, column = 2 * i + di, 2 * j + dj
                if 0 <= row < height and 0 <= column < width:
                    weight = kernel[di + 1, dj + 1]
                    out[i, j] += weight * saliency[row, column]
    return out


def resize(line, length):
    """Linear interpolation along the first axis, at centres of pixels."""
    out = []
    for index in range(length):
        place = (index + 0.5) * len(line) / length - 0.5
        place = min(max(place, 0.0), len(line) - 1.0)
        low = int(place)
        high = min(low + 1, len(line) - 1)
        share = place - low
        out.append((1 - share) * line[low] + share * line[high])
    return np.stack(out)


def normalize(maps, norm):
    """Batch norm of the one channel, by the batch in training."""
    mean, var = norm.running_mean.item(), norm.running_var.item()
    if norm.training:
        mean, var = maps.mean(), maps.var()
    scaled = (maps - mean) / np.sqrt(var + norm.eps)
    return norm.weight.item() * scaled + norm.bias.item()


def reference_logits(module, x, stride):
    kernel = module.path.unit[0].weight[0, 0].tolist()
    maps = np.stack(
        [convolve(image.mean(0), np.array(kernel)) for image in x.numpy()]
    )
    maps = np.maximum(normalize(maps, module.path.unit[1]), 0)
    height, width = (-(-size // stride) for size in x.shape[2:])
    scale, shift = module.scale.weight.item(), module.scale.bias.item()
    logits = [
        scale * resize(resize(own, height).T, width).T + shift for own in maps
    ]
    return torch.from_numpy(np.stack(logits))[:, None]


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('size', [(12, 6), (13, 7), (5, 2)])
@pytest.mark.parametrize('training', [True, False])
def test_equals_the_definition(stride, size, training):
    module = perturb(SAModule(16, 32, stride)).double().train(training)
    x = torch.randn(3, 16, *size, dtype=torch.float64)
    expected = reference_logits(module, x, stride)
    logits = module(x)
    torch.testing.assert_close(logits, expected)
    assert logits.std() > 1e-3


def test_one_weight_a_pixel_for_all_channels():
    module = perturb(SAModule(16, 32))
    assert module(torch.rand(2, 16, 13, 7)).shape == (2, 1, 13, 7)


def test_reads_only_the_mean_of_the_channels():
    module = perturb(SAModule(16, 32)).eval()
    x = torch.randn(2, 16, 8, 4)
    mean = x.mean(1, keepdim=True).expand_as(x)
    torch.testing.assert_close(module(x), module(mean))


@pytest.mark.parametrize('channels', [64, 2048])
def test_thirteen_parameters_whatever_the_width(channels):
    """9 of the 3x3 kernel, 2 of the batch norm, weight and bias."""
    module = SAModule(channels, channels)
    assert sum(p.numel() for p in module.parameters()) == 13
