"""Latency and throughput of a model, in PyTorch and ONNX Runtime.

Random images of bytes go in, features come out. No data set is needed, and
without a checkpoint the weights are random, which takes the same time.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from prettytable import PrettyTable
from torch import Tensor

from aanet.deployment import OnnxFeatures
from aanet.deployment.arguments import at_least
from aanet.deployment.crops import input_size
from aanet.deployment.graph import ReIDGraph
from aanet.deployment.timing import Timing, measure
from aanet.registry import MODELS
from aanet.utils.cli import add_options_argument, clear_errors, load_config
from aanet.visualization import load_model

Extractor = Callable[[Tensor], Tensor]


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='path of the config')
    parser.add_argument(
        'checkpoint', nargs='?', help='path of the checkpoint, if any'
    )
    parser.add_argument(
        '--onnx',
        nargs='+',
        default=[],
        metavar='FILE',
        help='files of tools/deployment/export_onnx.py',
    )
    parser.add_argument(
        '--batch-sizes',
        type=at_least(1),
        nargs='+',
        default=[1, 8, 32],
        metavar='N',
        help='images of a batch (default: 1 8 32)',
    )
    parser.add_argument(
        '--iterations',
        type=at_least(1),
        default=20,
        help='batches to time (default: 20)',
    )
    parser.add_argument(
        '--warmup',
        type=at_least(0),
        default=3,
        help='batches before (default: 3)',
    )
    parser.add_argument(
        '--device', default='cpu', help='cpu or cuda (default: cpu)'
    )
    parser.add_argument(
        '--compile', action='store_true', help='time torch.compile, too'
    )
    parser.add_argument(
        '--json', action='store_true', help='print JSON instead of a table'
    )
    add_options_argument(parser)
    return parser.parse_args()


def torch_extractors(
    cfg: Config, args: argparse.Namespace
) -> dict[str, Extractor]:
    """What PyTorch offers.

    Args:
        cfg (Config): The config.
        args (argparse.Namespace): The arguments.

    Returns:
        dict[str, Extractor]: By name.
    """
    device = torch.device(args.device)
    if args.checkpoint is None:
        model = MODELS.build(cfg.model).to(device).eval()
    else:
        model = load_model(cfg, args.checkpoint, device)
    graph = ReIDGraph(model)

    def in_bf16(images: Tensor) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16):
            return graph(images).cpu()

    extractors: dict[str, Extractor] = {
        'PyTorch fp32': lambda images: graph(images).cpu(),
        'PyTorch bf16 autocast': in_bf16,
    }
    if args.compile:
        compiled = torch.compile(graph)
        extractors['PyTorch compiled'] = lambda images: compiled(images).cpu()
    return extractors


def as_table(rows: list[tuple[str, Timing]]) -> str:
    """The times for people.

    Args:
        rows (list[tuple[str, Timing]]): Name and times.

    Returns:
        str: A table.
    """
    table = PrettyTable(
        ['backend', 'batch size', 'median (ms)', 'p95 (ms)', 'images/s'],
        align='r',
    )
    table.align['backend'] = 'l'
    for name, timing in rows:
        table.add_row(
            [
                name,
                timing.batch_size,
                f'{timing.median_ms:.1f}',
                f'{timing.p95_ms:.1f}',
                f'{timing.images_per_s:.1f}',
            ]
        )
    return table.get_string()


def main() -> None:
    """Time and print."""
    args = parse_args()
    cfg = load_config(args.config, args.cfg_options)
    init_default_scope(cfg.get('default_scope', 'aanet'))
    size = input_size(cfg)
    extractors = torch_extractors(cfg, args)
    for path in args.onnx:
        name = f'ONNX Runtime {Path(path).name}'
        extractors[name] = OnnxFeatures(path, args.device)
    rows = [
        (name, measure(extract, images, args.iterations, args.warmup))
        for number in args.batch_sizes
        for images in [torch.randint(256, (number, 3, *size)).byte()]
        for name, extract in extractors.items()
    ]
    if args.json:
        summary = {
            'device': args.device,
            'threads': torch.get_num_threads(),
            'input': size,
            'rows': [{'backend': name, **asdict(t)} for name, t in rows],
        }
        print(json.dumps(summary))
    else:
        print(as_table(rows))


if __name__ == '__main__':
    with clear_errors():
        main()
