"""Parameters and MACs of a model, per part (the paper's Table 5)."""

import argparse
import json

from mmengine.registry import init_default_scope
from prettytable import PrettyTable

from aanet.registry import MODELS
from aanet.utils.cli import add_options_argument, clear_errors, load_config
from aanet.utils.complexity import PARTS, summarize


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
