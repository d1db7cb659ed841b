"""Bring what the caller passes to tensors and id arrays, or refuse it."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

ArrayLike = Tensor | np.ndarray
"""What the ranking functions take: a tensor on any device, or an array."""

Ids = ArrayLike | Sequence[int]
"""Identity or camera numbers, one per image."""


def as_float(values: ArrayLike, name: str) -> Tensor:
    """A 2-D floating point tensor; float32 and float64 stay as they are.

    Args:
        values (ArrayLike): Features or distances. Half precision becomes
            float32, integers become float64.
        name (str): How the caller names the argument, for the message.

    Returns:
        Tensor: The values, without gradient and on their own device.

    Raises:
        ValueError: If there are not exactly two dimensions, or no values.
    """
    tensor = torch.as_tensor(values).detach()
    if tensor.dim() != 2 or tensor.numel() == 0:
        raise ValueError(
            f'{name} must have two dimensions, both above zero, but its '
            f'shape is {tuple(tensor.shape)}.'
        )
    if tensor.dtype in (torch.float32, torch.float64):
        return tensor
    half = tensor.is_floating_point()
    return tensor.to(torch.float32 if half else torch.float64)


def as_features(
    q_feats: ArrayLike, g_feats: ArrayLike
) -> tuple[Tensor, Tensor]:
    """Query and gallery features with one dtype on one device.

    Args:
        q_feats (ArrayLike): Query features, shape (Q, D).
        g_feats (ArrayLike): Gallery features, shape (G, D); their device is
            the one that is used.

    Returns:
        tuple[Tensor, Tensor]: Both, in the higher precision of the two.

    Raises:
        ValueError: If the shapes do not fit together.
    """
    queries = as_float(q_feats, 'q_feats')
    gallery = as_float(g_feats, 'g_feats')
    if queries.shape[1] != gallery.shape[1]:
        raise ValueError(
            f'q_feats have {queries.shape[1]} dimensions and g_feats '
            f'{gallery.shape[1]}: extract both with the same model.'
        )
    dtype = torch.promote_types(queries.dtype, gallery.dtype)
    return queries.to(gallery.device, dtype), gallery.to(dtype)


def as_ids(ids: Ids | None, name: str, length: int) -> np.ndarray:
    """An int64 array with one number per image.

    Args:
        ids (Ids | None): The numbers; None stands for -1 everywhere.
        name (str): How the caller names the argument, for the message.
        length (int): The number of images.

    Returns:
        np.ndarray: Shape (length,).

    Raises:
        ValueError: If the length differs, or the numbers are not integers.
    """
    if ids is None:
        return np.full(length, -1, dtype=np.int64)
    array = np.asarray(ids.cpu() if isinstance(ids, Tensor) else ids)
    if array.shape != (length,):
        raise ValueError(
            f'{name} must hold one number per image, shape ({length},), but '
            f'its shape is {array.shape}.'
        )
    if array.dtype.kind not in 'iu':
        raise ValueError(
            f'{name} must hold integers, not {array.dtype}: number the '
            'identities and cameras first.'
        )
    return array.astype(np.int64)
