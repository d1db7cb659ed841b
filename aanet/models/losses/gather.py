"""Bring the batches of all ranks together, with their gradients."""

import torch
from mmengine.dist import all_gather, get_world_size
from torch import Tensor
from torch.distributed.nn.functional import (
    all_gather as differentiable_all_gather,
)


def gather_with_gradient(
    feats: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    """The joint batch of all ranks.

    Each rank then computes the loss of the joint batch. The gradient that
    flows back is summed over ranks, and averaged again by the distributed
    wrapper, which gives the gradient of one process on the joint batch.

    Args:
        feats (Tensor): Features of this rank, shape (N, D); the same N on
            every rank.
        labels (Tensor): Identities of this rank, shape (N,).

    Returns:
        tuple[Tensor, Tensor]: Features (W * N, D) and identities (W * N,)
        of the W ranks.
    """
    if get_world_size() == 1:
        return feats, labels
    joint = torch.cat(list(differentiable_all_gather(feats.contiguous())))
    return joint, torch.cat(all_gather(labels))
