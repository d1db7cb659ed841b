"""What the tools that extract features share on their command lines."""

import argparse
from collections.abc import Sequence

from aanet.apis.backends import BACKENDS
from aanet.apis.inferencer import ReIDInferencer
from aanet.apis.sources import NAMES


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add how features are extracted.

    Args:
        parser (argparse.ArgumentParser): The tool's parser.
    """
    parser.add_argument(
        '--backend',
        choices=sorted(BACKENDS),
        help='what runs the model (default: onnxruntime for an .onnx file, '
        'else torch)',
    )
    parser.add_argument(
        '--device', help='where to compute (default: a GPU if there is one)'
    )
    parser.add_argument(
        '--batch-size',
        type=int,
        default=32,
        metavar='N',
        help='images at a time (default: 32)',
    )
    parser.add_argument(
        '--num-workers',
        type=int,
        default=0,
        metavar='N',
        help='processes that read images; 0 reads them in the main one '
        '(default: 0)',
    )
    parser.add_argument(
        '--skip-unreadable',
        action='store_true',
        help='leave out images that cannot be read, and list them, instead '
        'of stopping',
    )


def add_source_options(
    parser: argparse.ArgumentParser, splits: Sequence[str]
) -> None:
    """Add what is known of images.

    Args:
        parser (argparse.ArgumentParser): The tool's parser.
        splits (Sequence[str]): Which rows of a CSV file to take by default.
    """
    parser.add_argument(
        '--names',
        choices=list(NAMES),
        default='plain',
        help='what the names in a folder tell: nothing; the identity, as the '
        'name of the folder that an image lies in; identity and camera, as '
        'in 0002_c1s1_000451_03.jpg (default: plain)',
    )
    parser.add_argument(
        '--splits',
        nargs='+',
        choices=['train', 'query', 'gallery'],
        default=list(splits),
        metavar='SPLIT',
        help='rows of a CSV or feature file to take, of train, query and '
        f'gallery (default: {" ".join(splits)})',
    )
    parser.add_argument(
        '--data-root',
        metavar='FOLDER',
        help='where the paths in a CSV file start (default: its own folder)',
    )


def open_inferencer(
    files: Sequence[str], args: argparse.Namespace, show_progress: bool = True
) -> ReIDInferencer:
    """Open the model of a tool.

    Args:
        files (Sequence[str]): A checkpoint, or a config and a checkpoint; or
            what another backend takes.
        args (argparse.Namespace): Arguments of :func:`add_model_options`.
        show_progress (bool): Whether to show a progress bar. Defaults to
            True.

    Returns:
        ReIDInferencer: The model.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If there are too many files, or they do not fit.
    """
    if len(files) > 2:
        raise ValueError(
            f'a model is a checkpoint, or a config and a checkpoint, not '
            f'{len(files)} files: {" ".join(files)}.'
        )
    model, weights = (*files, None)[:2]
    exported = str(model).endswith('.onnx')
    return ReIDInferencer(
        model,
        weights,
        device=args.device,
        backend=args.backend or ('onnxruntime' if exported else 'torch'),
        show_progress=show_progress,
    )
