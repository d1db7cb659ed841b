"""Features of images of which something is known: whom they show, where."""

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from aanet.apis.extracted import ExtractedFeatures
from aanet.apis.inferencer import ReIDInferencer
from aanet.datasets.records import Record


def extract_records(
    inferencer: ReIDInferencer,
    records: Sequence[Record],
    batch_size: int = 32,
    num_workers: int = 0,
    skip_unreadable: bool = False,
) -> ExtractedFeatures:
    """Extract the features of images, and keep what is known of them.

    Args:
        inferencer (ReIDInferencer): The model.
        records (Sequence[Record]): The images.
        batch_size (int): Images of a batch. Defaults to 32.
        num_workers (int): Processes that read images. Defaults to 0.
        skip_unreadable (bool): Leave out images that cannot be read.
            Defaults to False.

    Returns:
        ExtractedFeatures: With identities and cameras.

    Raises:
        ValueError: If an image cannot be read.
    """
    paths = [record.img_path for record in records]
    for path in filter(os.path.isdir, paths):
        raise ValueError(f'{path} is a folder, where an image should be.')
    extracted = inferencer.extract(
        paths,
        batch_size=batch_size,
        num_workers=num_workers,
        skip_unreadable=skip_unreadable,
    )
    kept = [records[index] for index in extracted.kept]
    return replace(
        extracted,
        pids=np.array([record.pid for record in kept], np.int64),
        camids=np.array([record.camid for record in kept], np.int64),
    )
