"""From class activation maps to attention vectors (AANet, Eq. 3 to 6).

Letters: N images, C channels, H x W pixels of the last map, L entries of an
attention vector. Everything runs over the whole batch at once.
"""

from typing import NamedTuple

import torch
from torch import Tensor

_EPS = 1e-6


class CropBox(NamedTuple):
    """Rectangles around the foreground of a batch of maps.

    Attributes:
        top (Tensor): First kept row, shape (N,).
        bottom (Tensor): Last kept row, shape (N,).
        left (Tensor): First kept column, shape (N,).
        right (Tensor): Last kept column, shape (N,).
        empty (Tensor): Whether a threshold kept nothing in an axis, which
            is then kept whole, bool, shape (N,).
    """

    top: Tensor
    bottom: Tensor
    left: Tensor
    right: Tensor
    empty: Tensor


def class_activation_maps(feats: Tensor, weights: Tensor) -> Tensor:
    """Map of each image's own class, Eq. 3 and 4.

    Args:
        feats (Tensor): Last map, shape (N, C, H, W).
        weights (Tensor): Classifier row of each image's class, shape (N, C).

    Returns:
        Tensor: Shape (N, H, W).
    """
    return torch.einsum('nchw,nc->nhw', feats, weights)


def normalize_maps(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Scale each map to [0, 1], Eq. 5.

    Args:
        maps (Tensor): Shape (N, H, W).

    Returns:
        tuple[Tensor, Tensor]: The scaled maps, shape (N, H, W), and whether
        each was not constant, bool, shape (N,). A constant map becomes 0.
    """
    low = maps.amin((1, 2), keepdim=True)
    span = maps.amax((1, 2), keepdim=True) - low
    return (maps - low) / span.clamp(min=_EPS), span.flatten() > _EPS


def _kept_range(
    profile: Tensor, threshold: float, mode: str
) -> tuple[Tensor, Tensor, Tensor]:
    """First and last index whose profile reaches the threshold.

    Args:
        profile (Tensor): Mean of a map along one axis, shape (N, S).
        threshold (float): T_h or T_w.
        mode (str): See :func:`crop_boxes`.

    Returns:
        tuple[Tensor, Tensor, Tensor]: First index, last index and whether
        nothing was kept, each of shape (N,).
    """
    level = torch.full_like(profile[:, :1], threshold)
    if mode == 'rel':
        level = threshold * profile.amax(1, keepdim=True)
    elif mode == 'minmax':
        low = profile.amin(1, keepdim=True)
        level = low + threshold * (profile.amax(1, keepdim=True) - low)
    keep = profile >= level
    empty = ~keep.any(1)
    keep = keep | empty[:, None]
    size = profile.shape[1]
    index = torch.arange(size, device=profile.device)
    first = torch.where(keep, index, size).amin(1)
    last = torch.where(keep, index, -1).amax(1)
    return first, last, empty


@torch.no_grad()
def crop_boxes(
    maps: Tensor,
    threshold_h: float = 0.3,
    threshold_w: float = 0.3,
    mode: str = 'abs',
) -> CropBox:
    """Rectangle between the first and the last row and column kept.

    A row is kept where its mean over the columns reaches ``threshold_h``, a
    column where its mean over the rows reaches ``threshold_w``. No gradient.

    Args:
        maps (Tensor): Maps in [0, 1], shape (N, H, W).
        threshold_h (float): T_h of the paper. Defaults to 0.3.
        threshold_w (float): T_w of the paper. Defaults to 0.3.
        mode (str): ``'abs'`` takes a threshold as it is, ``'rel'`` as a
            share of the largest mean, ``'minmax'`` of the range between the
            smallest and the largest. Defaults to ``'abs'``.

    Returns:
        CropBox: The rectangles; an axis in which nothing reaches its
        threshold is kept whole.
    """
    top, bottom, no_row = _kept_range(maps.mean(2), threshold_h, mode)
    left, right, no_column = _kept_range(maps.mean(1), threshold_w, mode)
    return CropBox(top, bottom, left, right, no_row | no_column)


def attention_vectors(maps: Tensor, box: CropBox, length: int) -> Tensor:
    """Row means within the rectangle, resized to one length, before Eq. 6.

    The resize equals ``F.interpolate(mode='linear', align_corners=False)``
    of each crop. The gradient flows through values, not through indices.

    Args:
        maps (Tensor): Maps in [0, 1], shape (N, H, W).
        box (CropBox): Their rectangles.
        length (int): L, number of entries.

    Returns:
        Tensor: Attention vectors, shape (N, L).
    """
    columns = torch.arange(maps.shape[2], device=maps.device)
    inside = (columns >= box.left[:, None]) & (columns <= box.right[:, None])
    width = (box.right - box.left + 1).to(maps.dtype)
    rows = (maps * inside[:, None].to(maps.dtype)).sum(2) / width[:, None]

    height = (box.bottom - box.top + 1).to(maps.dtype)[:, None]
    steps = torch.arange(length, device=maps.device, dtype=maps.dtype)
    offset = (steps + 0.5) * height / length - 0.5
    offset = torch.minimum(offset.clamp(min=0), height - 1)
    below = offset.floor()
    share = offset - below
    first = box.top[:, None] + below.long()
    second = torch.minimum(first + 1, box.bottom[:, None])
    return (1 - share) * rows.gather(1, first) + share * rows.gather(1, second)
