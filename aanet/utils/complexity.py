"""Parameters and MACs of a model, per part."""

import torch
from mmpretrain.structures import DataSample
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from aanet.models.attention import BaseAttention

PARTS = ('backbone', 'attention', 'neck', 'head')


def count_params(model: nn.Module) -> dict[str, int]:
    """Parameters of each part.

    Args:
        model (nn.Module): The model.

    Returns:
        dict[str, int]: The numbers, by :data:`PARTS`.
    """
    counts = dict.fromkeys(PARTS, 0)
    parts = _part_of(model)
    for name, parameter in model.named_parameters():
        counts[parts[name.rpartition('.')[0]]] += parameter.numel()
    return counts


def count_macs(model: nn.Module, shape: tuple[int, int]) -> dict[str, int]:
    """MACs of each part in a training forward pass of one image.

    Convolutions and linear layers are counted, one multiply-add as one MAC.

    Args:
        model (nn.Module): The model; it is left in evaluation mode.
        shape (tuple[int, int]): Height and width of the image.

    Returns:
        dict[str, int]: The numbers, by :data:`PARTS`.
    """
    inputs = torch.zeros(1, 3, *shape)
    samples = [DataSample().set_gt_label(0)]
    counter = FlopCounterMode(display=False)
    # Evaluation mode: batch norm cannot train on one pooled image.
    with counter, torch.no_grad():
        model.eval()(inputs, samples, mode='loss')
    counts = dict.fromkeys(PARTS, 0)
    parts = _part_of(model)
    for name, module in model.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            flops = counter.flop_counts[f'{type(model).__name__}.{name}']
            counts[parts[name]] += sum(flops.values()) // 2
    return counts


def summarize(model: nn.Module, shape: tuple[int, int]) -> dict:
    """Parameters and MACs, in total and by part (the paper's Table 5).

    Args:
        model (nn.Module): The model; it is left in evaluation mode.
        shape (tuple[int, int]): Height and width of an image.

    Returns:
        dict: ``params``, ``macs`` and ``parts``, which holds both for each
        of :data:`PARTS`.
    """
    params, macs = count_params(model), count_macs(model, shape)
    return {
        'params': sum(params.values()),
        'macs': sum(macs.values()),
        'parts': {
            part: {'params': params[part], 'macs': macs[part]}
            for part in PARTS
        },
    }


def _part_of(model: nn.Module) -> dict[str, str]:
    """Part that each module of the model belongs to, by module name."""
    parts: dict[str, str] = {}
    for name, module in model.named_modules():
        parent = name.rpartition('.')[0]
        inside = isinstance(module, BaseAttention)
        if inside or parts.get(parent) == 'attention':
            parts[name] = 'attention'
        else:
            parts[name] = name.partition('.')[0]
    return parts
