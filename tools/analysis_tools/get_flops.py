"""Parameters and MACs of a model, per part (the paper's Table 5)."""

import argparse
import json

import torch
from mmengine.registry import init_default_scope
from mmpretrain.structures import DataSample
from prettytable import PrettyTable
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from aanet.models.attention import BaseAttention
from aanet.registry import MODELS
from aanet.utils.cli import add_options_argument, clear_errors, load_config

PARTS = ('backbone', 'attention', 'neck', 'head')


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='path of the config')
    parser.add_argument(
        '--shape',
        type=int,
        nargs=2,
        default=[384, 192],
        metavar=('H', 'W'),
        help='size of the input (default: 384 192)',
    )
    parser.add_argument(
        '--json', action='store_true', help='print JSON instead of a table'
    )
    add_options_argument(parser)
    return parser.parse_args()


def part_of(model: nn.Module) -> dict[str, str]:
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


def count_params(model: nn.Module) -> dict[str, int]:
    """Parameters of each part."""
    counts = dict.fromkeys(PARTS, 0)
    parts = part_of(model)
    for name, parameter in model.named_parameters():
        counts[parts[name.rpartition('.')[0]]] += parameter.numel()
    return counts


def count_macs(model: nn.Module, shape: tuple[int, int]) -> dict[str, int]:
    """MACs of each part in a training forward pass of one image.

    Convolutions and linear layers are counted, one multiply-add as one MAC.
    """
    inputs = torch.zeros(1, 3, *shape)
    samples = [DataSample().set_gt_label(0)]
    counter = FlopCounterMode(display=False)
    # Evaluation mode: batch norm cannot train on one pooled image.
    with counter, torch.no_grad():
        model.eval()(inputs, samples, mode='loss')
    counts = dict.fromkeys(PARTS, 0)
    parts = part_of(model)
    for name, module in model.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            flops = counter.flop_counts[f'{type(model).__name__}.{name}']
            counts[parts[name]] += sum(flops.values()) // 2
    return counts


def summarize(model: nn.Module, shape: tuple[int, int]) -> dict:
    """Totals and parts, as ``--json`` prints them."""
    params, macs = count_params(model), count_macs(model, shape)
    return {
        'params': sum(params.values()),
        'macs': sum(macs.values()),
        'parts': {
            part: {'params': params[part], 'macs': macs[part]}
            for part in PARTS
        },
    }


def as_table(summary: dict) -> str:
    """The summary for people."""
    table = PrettyTable(['part', 'params (M)', 'MACs (G)'])
    table.align = 'r'
    table.align['part'] = 'l'
    for name, part in [*summary['parts'].items(), ('total', summary)]:
        table.add_row(
            [name, f'{part["params"] / 1e6:.3f}', f'{part["macs"] / 1e9:.3f}'],
            divider=name == PARTS[-1],
        )
    return table.get_string()


def main() -> None:
    """Count and print."""
    args = parse_args()
    cfg = load_config(args.config, args.cfg_options)
    init_default_scope('aanet')
    model = MODELS.build(cfg.model)
    summary = summarize(model, tuple(args.shape))
    print(json.dumps(summary) if args.json else as_table(summary))


if __name__ == '__main__':
    with clear_errors():
        main()
