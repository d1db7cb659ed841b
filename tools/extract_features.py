r"""Write the features of images to a file.

The model is a checkpoint, or a config and a checkpoint; the sources are
folders, images, and CSV files as docs/own_data.md describes them:

    python tools/extract_features.py [CONFIG] CHECKPOINT SOURCE... \
        --out features.npz

Several processes share the work:

    torchrun --nproc_per_node=8 tools/extract_features.py [CONFIG] \
        CHECKPOINT SOURCE... --out features.npz --launcher pytorch
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from aanet.apis.arguments import (
    add_model_options,
    add_source_options,
    open_inferencer,
)
from aanet.apis.extracted import ExtractedFeatures
from aanet.apis.feature_file import check_feature_file, save_features
from aanet.apis.labelled import extract_records
from aanet.apis.shares import gather, is_first, launched, share_of
from aanet.apis.sources import read_source
from aanet.datasets.records import Record
from aanet.evaluation.metrics.feature_set import FeatureSet
from aanet.utils.cli import clear_errors


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        'files',
        nargs='+',
        metavar='FILE',
        help='a checkpoint, or a config and a checkpoint; then the images',
    )
    parser.add_argument(
        '--out',
        required=True,
        help='where to write, .npz or .parquet',
    )
    add_model_options(parser)
    add_source_options(parser, ['query', 'gallery'])
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch'],
        default='none',
        help='how the processes were launched (default: none)',
    )
    return parser.parse_args()


def split_files(files: list[str]) -> tuple[list[str], list[str]]:
    """Tell the files of the model from the images.

    Args:
        files (list[str]): All of them.

    Returns:
        tuple[list[str], list[str]]: Model and sources.

    Raises:
        ValueError: If there are no images.
    """
    # A config is a Python file, or a name without a suffix.
    number = 2 if Path(files[0]).suffix in ('', '.py') else 1
    if len(files) <= number:
        raise ValueError(
            f'{" ".join(files)} names no images: give [CONFIG] CHECKPOINT '
            'SOURCE..., in this order.'
        )
    return files[:number], files[number:]


def list_records(
    sources: list[str], args: argparse.Namespace
) -> tuple[list[Record], list[str]]:
    """List the images.

    Args:
        sources (list[str]): Folders, images and CSV files.
        args (argparse.Namespace): The arguments.

    Returns:
        tuple[list[Record], list[str]]: Images, and the split of each; that
        of images without a CSV file is 'gallery'.
    """
    records: list[Record] = []
    splits: list[str] = []
    for source in sources:
        is_csv = source.lower().endswith('.csv')
        for split in args.splits if is_csv else ['gallery']:
            found = read_source(source, args.names, [split], args.data_root)
            records += found
            splits += [split] * len(found)
    return records, splits


def as_feature_set(
    extracted: ExtractedFeatures, splits: list[str]
) -> FeatureSet:
    """Bring features to the form of the file.

    Args:
        extracted (ExtractedFeatures): All features.
        splits (list[str]): Split of each image, readable or not.

    Returns:
        FeatureSet: The features.
    """
    return FeatureSet(
        features=extracted.features,
        pids=extracted.pids,
        camids=extracted.camids,
        splits=np.array(splits)[extracted.kept],
        img_paths=np.array(extracted.paths),
    )


def main() -> None:
    """Extract this process' share; the first process writes all."""
    args = parse_args()
    model, sources = split_files(args.files)
    check_feature_file(args.out)
    with launched(args.launcher):
        records, splits = list_records(sources, args)
        parts = gather(
            extract_records(
                open_inferencer(model, args, show_progress=is_first()),
                share_of(records),
                args.batch_size,
                args.num_workers,
                args.skip_unreadable,
            )
        )
    if not parts:
        return
    extracted = ExtractedFeatures.joined(parts)
    for problem in extracted.unreadable.values():
        print(f'left out: {problem}', file=sys.stderr)
    features = as_feature_set(extracted, splits)
    dataset = ', '.join(Path(source).stem for source in sources)
    save_features(args.out, features, dataset, extracted.identity)
    number, dims = features.features.shape
    print(f'wrote {args.out}: {number} images, {dims} numbers each')


if __name__ == '__main__':
    with clear_errors():
        main()
