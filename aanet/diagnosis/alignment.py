"""What the alignment mechanism (AAM) sees, crops and tells apart.

Letters: N images, C channels, H x W pixels of the last map, L entries of an
attention vector.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from aanet.diagnosis.tapping import tapped
from aanet.models.necks import AAMNeck
from aanet.models.necks.attention_vector import CropBox

_EPS = 1e-6


def crop_figures(box: CropBox, height: int, width: int) -> dict[str, float]:
    """How much of the maps is kept.

    Args:
        box (CropBox): Rectangles of N maps.
        height (int): H.
        width (int): W.

    Returns:
        dict[str, float]: ``kept_height`` and ``kept_width``, mean shares of
        the rows and columns; ``empty_crops``, the share of images for which
        a threshold kept nothing, so that an axis is whole.
    """
    rows = (box.bottom - box.top + 1).float() / height
    columns = (box.right - box.left + 1).float() / width
    return {
        'kept_height': rows.mean().item(),
        'kept_width': columns.mean().item(),
        'empty_crops': box.empty.float().mean().item(),
    }


def vector_figures(
    vectors: Tensor, labels: Tensor, valid: Tensor
) -> dict[str, float]:
    """How alike the attention vectors are, within and across identities.

    Args:
        vectors (Tensor): Attention vectors, shape (N, L).
        labels (Tensor): Identity of each image, shape (N,).
        valid (Tensor): Images whose map is not constant, bool, shape (N,).

    Returns:
        dict[str, float]: ``cosine_same`` and ``cosine_other``, mean cosines
        of the pairs of one person and of two; each only where there are
        such pairs.
    """
    valid = valid & (vectors.norm(dim=1) > _EPS)
    vectors, labels = vectors[valid].float(), labels[valid]
    units = vectors / vectors.norm(dim=1, keepdim=True)
    first, second = torch.triu_indices(
        len(units), len(units), 1, device=units.device
    )
    cosines = (units @ units.T)[first, second]
    same = labels[first] == labels[second]
    kinds = {'cosine_same': same, 'cosine_other': ~same}
    return {
        name: cosines[kind].mean().item()
        for name, kind in kinds.items()
        if kind.any()
    }


@torch.no_grad()
def cam_accuracy(neck: AAMNeck, feat: Tensor, labels: Tensor) -> float:
    """Share of the images that the CAM classifier gives their identity.

    Args:
        neck (AAMNeck): The neck.
        feat (Tensor): Last map, shape (N, C, H, W).
        labels (Tensor): Identity of each image, shape (N,).

    Returns:
        float: The share.
    """
    best = neck.classify(feat.float()).argmax(1)
    return (best == labels).float().mean().item()


@contextmanager
def watched_alignment(
    neck: nn.Module | None, figures: dict[str, float]
) -> Iterator[None]:
    """Take the figures of crops and vectors while the losses are computed.

    Args:
        neck (nn.Module | None): The neck; any but :class:`AAMNeck` has none
            of the figures.
        figures (dict[str, float]): Gets ``aam/...``.

    Yields:
        None: Within it, figures are taken.
    """
    if not isinstance(neck, AAMNeck):
        yield
        return

    def note(found: dict[str, float]) -> None:
        figures.update({f'aam/{name}': v for name, v in found.items()})

    def note_crop(args: tuple, box: Any) -> None:
        note(crop_figures(box, *args[0].shape[1:]))

    def note_vectors(args: tuple, loss: Any) -> None:
        note(vector_figures(*args))

    with (
        tapped(neck, 'crop', note_crop),
        tapped(neck.loss_acd, 'forward', note_vectors),
    ):
        yield
