"""Global average pooling minus global minimum pooling."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class _AverageMinusMinimum(torch.autograd.Function):
    """``mean - amin`` over the positions, in fewer passes over memory.

    autograd's backward pass of ``amin`` makes five maps of the full size;
    this one makes one and works in place.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Pooled map, shape (N, C, 1, 1)."""
        minimum = x.amin((2, 3), keepdim=True)
        ctx.save_for_backward(x, minimum)
        return x.mean((2, 3), keepdim=True) - minimum

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """Gradient of the map; ties share that of the minimum."""
        x, minimum = ctx.saved_tensors
        area = x.shape[2] * x.shape[3]
        tied = (minimum - x).sign_().add_(1)
        count = tied.sum((2, 3), keepdim=True, dtype=torch.float32)
        return tied.mul_((-grad / count).to(x.dtype)).add_(grad / area)


def average_minus_minimum(x: Tensor) -> Tensor:
    """Pooling of AANet's FCA: the foreground above the background.

    Args:
        x (Tensor): Map, shape (N, C, H, W).

    Returns:
        Tensor: Shape (N, C, 1, 1). Positions that tie for the minimum share
        its gradient, as in :func:`torch.amin`.
    """
    return _AverageMinusMinimum.apply(x)
