"""Export a model: bytes in, features out, checked against PyTorch.

The file takes BGR images of bytes, as cv2 reads them and the test pipeline
resizes them, and normalizes them itself. It keeps its name only if its
features are those of PyTorch.
"""

import argparse
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import Tensor

from aanet.apis.torch_backend import open_torch
from aanet.deployment import ModelInfo, OnnxFeatures
from aanet.deployment.arguments import at_least
from aanet.deployment.crops import crops_of_folder, crops_of_set
from aanet.deployment.evaluation import rank_both, score_table
from aanet.deployment.export import write_export
from aanet.deployment.parity import (
    TOLERANCES,
    check_batch_sizes,
    parity_table,
)
from aanet.utils.cli import add_options_argument, clear_errors, load_config
from aanet.utils.extras import import_extra
from aanet.utils.safe_saving import whole_file


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='path of the config')
    parser.add_argument('checkpoint', help='path of the checkpoint')
    parser.add_argument(
        '--out',
        type=Path,
        required=True,
        metavar='FILE.onnx',
        help='where to write',
    )
    parser.add_argument(
        '--precision',
        choices=list(TOLERANCES),
        default='fp32',
        help='of weights and maps (default: fp32)',
    )
    parser.add_argument(
        '--images',
        metavar='FOLDER',
        help='check, and calibrate int8, with images of this folder (default: '
        "check with the config's test set, calibrate with its training set)",
    )
    parser.add_argument(
        '--num-images',
        type=at_least(2),
        default=64,
        help='images to check with, and to calibrate with (default: 64)',
    )
    parser.add_argument(
        '--batch-size',
        type=at_least(2),
        default=16,
        help='check this batch size beside 1 (default: 16)',
    )
    parser.add_argument(
        '--tolerance',
        type=float,
        help="largest distance allowed from PyTorch's feature, which has "
        f'length 1 (default: {TOLERANCES}, by precision)',
    )
    parser.add_argument(
        '--evaluate',
        action='store_true',
        help='run the whole test set through PyTorch and the file',
    )
    add_options_argument(parser)
    return parser.parse_args()


def load_crops(
    cfg: Config, args: argparse.Namespace
) -> tuple[Tensor, Tensor | None]:
    """Images to check with, and others to calibrate with.

    Args:
        cfg (Config): The config.
        args (argparse.Namespace): The arguments.

    Returns:
        tuple[Tensor, Tensor | None]: Both uint8, shape (M, 3, H, W); the
        second is None if nothing is quantized.
    """
    number, quantized = args.num_images, args.precision == 'int8'
    if args.images is None:
        return crops_of_set(cfg, 'test_dataloader', number), (
            crops_of_set(cfg, 'train_dataloader', number)
            if quantized
            else None
        )
    if not quantized:
        return crops_of_folder(cfg, args.images, number), None
    crops = crops_of_folder(cfg, args.images, 2 * number)
    return crops[::2], crops[1::2]


def main() -> None:
    """Export, check, and evaluate."""
    args = parse_args()
    for package in ('onnx', 'onnxruntime', 'onnxscript'):
        import_extra(package, 'export')
    cfg = load_config(args.config, args.cfg_options)
    init_default_scope(cfg.get('default_scope', 'aanet'))
    original = open_torch(cfg, args.checkpoint, 'cpu')
    crops, calibration = load_crops(cfg, args)
    info = ModelInfo(
        identity=original.identity,
        checkpoint=Path(args.checkpoint).name,
        precision=args.precision,
        pipeline=original.pipeline,
    )
    tolerance = TOLERANCES[args.precision]
    if args.tolerance is not None:
        tolerance = args.tolerance
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(args.out) as partial:
        write_export(original.model, partial, info, calibration)
        exported = OnnxFeatures(partial, 'cpu')
        checks = check_batch_sizes(exported, original, crops, args.batch_size)
        print(f'{len(crops)} images through PyTorch and the file:')
        print(parity_table(checks))
        if not all(parity.within(tolerance) for parity in checks.values()):
            raise ValueError(
                f'{args.out} was not written: its features are further than '
                f"{tolerance} from PyTorch's."
            )
    if args.evaluate:
        print(score_table(*rank_both(cfg, original, exported)))
    print(
        f'wrote {args.out}, {args.out.stat().st_size / 1e6:.1f} MB: '
        f'{info.precision} of {info.identity}'
    )


if __name__ == '__main__':
    with clear_errors():
        main()
