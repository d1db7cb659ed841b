"""Build, change and search a gallery of persons; see docs/own_images.md."""

import argparse
from collections.abc import Callable

from mmengine.config import DictAction

from aanet.apis.arguments import add_model_options, add_source_options
from aanet.apis.gallery import DTYPES
from aanet.apis.gallery_commands import (
    add,
    build,
    calibrate,
    info,
    query,
    remove,
)
from aanet.apis.threshold import KINDS
from aanet.utils.cli import clear_errors

SOURCES = 'folders, images, CSV files (docs/own_data.md) or feature files'


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    for add_command in (
        add_build,
        add_add,
        add_remove,
        add_calibrate,
        add_query,
        add_info,
    ):
        add_command(commands)
    return parser.parse_args()


def add_command(
    commands: argparse._SubParsersAction,
    run: Callable[[argparse.Namespace], None],
    summary: str,
) -> argparse.ArgumentParser:
    """Add a command that works on a gallery."""
    name = run.__name__
    parser = commands.add_parser(name, help=summary, description=summary)
    parser.add_argument('gallery', metavar='GALLERY.npz')
    parser.set_defaults(run=run)
    return parser


def add_images(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the arguments of a command that extracts features."""
    parser.add_argument('sources', nargs='+', metavar='SOURCE', help=what)
    parser.add_argument(
        '--model',
        nargs='+',
        default=[],
        metavar='FILE',
        help='a checkpoint, or a config and a checkpoint (default: the '
        'checkpoint that the gallery was built with)',
    )
    add_model_options(parser)


def add_build(commands: argparse._SubParsersAction) -> None:
    """The command that makes a gallery."""
    parser = add_command(commands, build, 'Make a gallery of images.')
    add_images(parser, SOURCES)
    add_source_options(parser, ['gallery'])
    parser.add_argument(
        '--distance', choices=['cosine', 'euclidean'], default='cosine'
    )
    parser.add_argument(
        '--dtype',
        choices=DTYPES,
        default='float32',
        help='how features are kept (default: float32)',
    )
    parser.add_argument(
        '--search',
        nargs='+',
        action=DictAction,
        default={},
        metavar='KEY=VALUE',
        help='how to search, such as kind=hnsw index_from=100000',
    )
    parser.add_argument(
        '--overwrite', action='store_true', help='replace the gallery'
    )


def add_add(commands: argparse._SubParsersAction) -> None:
    """The command that adds images."""
    parser = add_command(commands, add, 'Add images that are not in there.')
    add_images(parser, SOURCES)
    add_source_options(parser, ['gallery'])


def add_remove(commands: argparse._SubParsersAction) -> None:
    """The command that removes images."""
    parser = add_command(commands, remove, 'Remove persons or images.')
    parser.add_argument('--ids', nargs='+', type=int, default=[], metavar='ID')
    parser.add_argument('--paths', nargs='+', default=[], metavar='PATH')


def add_calibrate(commands: argparse._SubParsersAction) -> None:
    """The command that finds the threshold."""
    parser = add_command(
        commands, calibrate, 'Find the threshold of "not in the gallery".'
    )
    add_images(parser, f'images with identities: {SOURCES}')
    add_source_options(parser, ['query', 'gallery'])
    parser.add_argument(
        '--fpr',
        type=float,
        default=1e-3,
        help='false positive rate to allow (default: 1e-3)',
    )
    parser.add_argument(
        '--per',
        choices=list(KINDS),
        default='pair',
        help='what the rate is a share of (default: pair)',
    )


def add_query(commands: argparse._SubParsersAction) -> None:
    """The command that searches."""
    parser = add_command(commands, query, 'Find persons in the gallery.')
    add_images(parser, 'images and folders')
    parser.add_argument('--topk', type=int, default=10)
    parser.add_argument(
        '--cameras', nargs='+', type=int, help='only these cameras'
    )
    parser.add_argument(
        '--not-cameras', nargs='+', type=int, default=[], metavar='CAMERA'
    )
    parser.add_argument(
        '--threshold',
        type=float,
        help='accept what is nearer; inf accepts all (default: the '
        'calibrated one)',
    )
    parser.add_argument('--json', action='store_true', help='print JSON')


def add_info(commands: argparse._SubParsersAction) -> None:
    """The command that describes a gallery."""
    parser = add_command(commands, info, 'Say what is in the gallery.')
    parser.add_argument('--json', action='store_true', help='print JSON')


if __name__ == '__main__':
    with clear_errors():
        args = parse_args()
        args.run(args)
