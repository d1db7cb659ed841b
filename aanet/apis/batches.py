"""Batches of images, from files to features.

Letters: N images of a batch, H x W pixels, D numbers of a feature.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from aanet.apis.extracted import ImageFeature
from aanet.apis.images import Image, ImageSet, LoadedImage
from aanet.datasets.image_files import UnreadableImageError


def load_batches(
    images: Sequence[Image],
    pipeline: Sequence[dict],
    batch_size: int,
    num_workers: int,
) -> DataLoader:
    """Prepare to load images in order.

    Args:
        images (Sequence[Image]): The images.
        pipeline (Sequence[dict]): Settings of the transforms.
        batch_size (int): Images of a batch, N.
        num_workers (int): Processes that load; 0 loads in this one.

    Returns:
        DataLoader: Gives lists of :class:`LoadedImage`.
    """
    return DataLoader(
        ImageSet(images, pipeline),
        batch_size,
        num_workers=num_workers,
        collate_fn=list,
    )


def features_of_batch(
    extract: Callable[[Tensor], Tensor],
    batch: Sequence[LoadedImage],
    skip_unreadable: bool,
) -> list[ImageFeature]:
    """Extract the features of the readable images of a batch.

    Args:
        extract (Callable[[Tensor], Tensor]): Images (N, 3, H, W) to features
            (N, D).
        batch (Sequence[LoadedImage]): The batch.
        skip_unreadable (bool): Whether images may be missing.

    Returns:
        list[ImageFeature]: One for each image.

    Raises:
        UnreadableImageError: If an image cannot be read.
        ValueError: If the images have different sizes.
    """
    problems = [image.problem for image in batch if image.problem]
    if problems and not skip_unreadable:
        raise UnreadableImageError(
            f'{problems[0]}: replace or remove it, or leave such images out '
            'with skip_unreadable (--skip-unreadable).'
        )
    pixels = [image.pixels for image in batch if image.pixels is not None]
    if len({image.shape for image in pixels}) > 1:
        raise ValueError(
            'the test pipeline gives images of different sizes: it needs a '
            'Resize to a fixed one.'
        )
    feats = iter(extract(torch.stack(pixels)) if pixels else ())
    return [
        ImageFeature(
            image.path,
            None if image.pixels is None else next(feats).numpy(),
            image.problem,
        )
        for image in batch
    ]
