"""The product of a map and its gate."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class _GatedProduct(torch.autograd.Function):
    """``map * scale * attention``, in fewer passes over memory.

    Written as two products, the backward pass makes four maps of the full
    size and keeps the scaled gate as well.
    """

    @staticmethod
    def forward(
        ctx: Any, feat: Tensor, attention: Tensor, scale: float
    ) -> Tensor:
        """Gated map, shape and type of ``feat``."""
        ctx.save_for_backward(feat, attention)
        ctx.scale = scale
        return (feat * attention).mul_(scale)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        """Gradients of the map and of the attention."""
        feat, attention = ctx.saved_tensors
        grad_feat = (grad * attention).mul_(ctx.scale)
        grad_attention = (grad * feat).mul_(ctx.scale)
        return grad_feat, grad_attention.sum_to_size(attention.shape), None


def apply_gate(feat: Tensor, attention: Tensor, scale: float) -> Tensor:
    """Gate a map, AANet's Eq. 2.

    Args:
        feat (Tensor): Map f(F), shape (N, C, H, W).
        attention (Tensor): Attention A, broadcastable to it.
        scale (float): Factor s of the gate.

    Returns:
        Tensor: ``feat * s * A``, shape and type of ``feat``.
    """
    attention = attention.to(feat.dtype)
    if torch.is_grad_enabled():
        return _GatedProduct.apply(feat, attention, scale)
    return feat * attention * scale
