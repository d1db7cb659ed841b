"""Strip a checkpoint to what others need, and put its hash in its name."""

import argparse
from pathlib import Path

from aanet.deployment.publish import publish
from aanet.utils.cli import clear_errors


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('source', help='checkpoint of tools/train.py')
    parser.add_argument(
        'out',
        help='where to write: model.pth becomes model-0a1b2c3d.pth',
    )
    return parser.parse_args()


def main() -> None:
    """Publish and say where."""
    args = parse_args()
    path = publish(args.source, args.out)
    before = Path(args.source).stat().st_size / 1e6
    after = path.stat().st_size / 1e6
    print(f'wrote {path}, {after:.1f} MB of {before:.1f} MB')


if __name__ == '__main__':
    with clear_errors():
        main()
