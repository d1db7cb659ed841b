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


def hardest_distances(
    distances: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    """Distances of each anchor's hardest positive and negative.

    Args:
        distances (Tensor): Pairwise distances or their squares, shape
            (N, N), diagonal 0.
        labels (Tensor): Identity of each sample, shape (N,).

    Returns:
        tuple[Tensor, Tensor]: The largest distance to the same identity (0
        for an identity with one sample) and the smallest to another
        (infinite if there is none), each of shape (N,).
    """
    same = labels[:, None] == labels[None, :]
    infinity = distances.new_tensor(torch.inf)
    dist_ap = torch.where(same, distances, -infinity).amax(1)
    dist_an = torch.where(same, infinity, distances).amin(1)
    return dist_ap, dist_an
