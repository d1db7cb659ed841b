"""The batches that a training sees, as pictures.

A row is an identity, a column one of its images, labelled with camera and
file name. Epochs and batches count from 1, as in the log; with the config's
seed the pictures are those of the training.
"""

import argparse
from pathlib import Path

from mmengine.registry import init_default_scope

from aanet.utils.cli import add_options_argument, clear_errors, load_config
from aanet.visualization.batch_sheet import batch_sheet, rows_of
from aanet.visualization.pictures import save_png
from aanet.visualization.train_batches import TrainBatches

MODES = {
    'transformed': 'as the network sees them',
    'original': 'as the files hold them',
    'concat': 'as the files hold them, and as the network sees them',
    'pipeline': 'after each step of the pipeline',
}


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='path of the config')
    parser.add_argument(
        '-m',
        '--mode',
        choices=list(MODES),
        default='transformed',
        help='what to show: the images after augmentation, the original '
        'ones, both side by side, or every step (default: transformed)',
    )
    parser.add_argument(
        '--epochs',
        type=int,
        nargs='+',
        default=[1],
        metavar='N',
        help='epochs to show, from 1 (default: 1)',
    )
    parser.add_argument(
        '--batches',
        type=int,
        nargs='+',
        default=[1],
        metavar='N',
        help='batches of each of them, from 1 (default: 1)',
    )
    parser.add_argument(
        '--num-ids',
        type=int,
        metavar='N',
        help='show only the first identities of a batch (default: all)',
    )
    parser.add_argument(
        '-o',
        '--out-dir',
        help='folder of the pictures (default: work_dirs/CONFIG/batches)',
    )
    add_options_argument(parser)
    return parser.parse_args()


def write(
    batches: TrainBatches,
    epoch: int,
    batch: int,
    args: argparse.Namespace,
    out_dir: Path,
) -> None:
    """Draw one batch.

    Args:
        batches (TrainBatches): Where it comes from.
        epoch (int): From 1.
        batch (int): From 1.
        args (argparse.Namespace): The arguments.
        out_dir (Path): Where to.
    """
    images = batches.images(batches.indices(epoch, batch), args.mode)
    rows = rows_of(images)
    shown = [image for row in rows[: args.num_ids] for image in row]
    title = (
        f'{Path(args.config).stem}: epoch {epoch}, batch {batch} of '
        f'{len(batches.loader)}'
    )
    subtitle = (
        f'{len(images)} images of {len(rows)} identities, {MODES[args.mode]}'
    )
    if len(shown) < len(images):
        subtitle += f'; {args.num_ids} identities are shown'
    path = out_dir / f'epoch{epoch}_batch{batch}_{args.mode}.png'
    save_png(batch_sheet(shown, title, subtitle), path)
    print(f'wrote {path}')


def main() -> None:
    """Draw every batch that is asked for."""
    args = parse_args()
    if args.num_ids is not None and args.num_ids < 1:
        raise ValueError(f'--num-ids must be at least 1, not {args.num_ids}.')
    cfg = load_config(args.config, args.cfg_options)
    init_default_scope(cfg.get('default_scope', 'aanet'))
    batches = TrainBatches(cfg)
    if batches.seed is None:
        print('randomness.seed is not set: a training draws other batches')
    name = Path(args.config).stem
    out_dir = Path(args.out_dir or f'work_dirs/{name}/batches')
    for epoch in args.epochs:
        for batch in args.batches:
            write(batches, epoch, batch, args, out_dir)


if __name__ == '__main__':
    with clear_errors():
        main()
