"""Distances between the features of a batch."""

import torch
from torch import Tensor


def pairwise_distance(feats: Tensor) -> Tensor:
    """Euclidean distances within a batch.

    Exact differences, not the expanded square, so that the distance of equal
    features is 0 and has the gradient 0.

    Args:
        feats (Tensor): Features, shape (N, D).

    Returns:
        Tensor: Distances in fp32 or wider, shape (N, N); exactly 0
        on the diagonal.
    """
    feats = feats.to(torch.promote_types(feats.dtype, torch.float32))
    return torch.cdist(
        feats, feats, compute_mode='donot_use_mm_for_euclid_dist'
    )
