"""Bring the batches of all ranks together, with their gradients."""

from typing import Any

import torch
from mmengine.dist import all_gather, all_reduce, get_rank, get_world_size
from torch import Tensor


class _GatherWithGradient(torch.autograd.Function):
    """All ranks' tensors forward, the sum of all ranks' gradients back."""

    @staticmethod
    def forward(ctx: Any, local: Tensor) -> Tensor:
        """Concatenate along the first axis, in the order of the ranks."""
        return torch.cat(all_gather(local.contiguous()))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """This rank's part of the summed gradient."""
        summed = grad.clone(memory_format=torch.contiguous_format)
        all_reduce(summed)
        return summed.chunk(get_world_size())[get_rank()]


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
    joint = _GatherWithGradient.apply(feats)
    return joint, torch.cat(all_gather(labels))
