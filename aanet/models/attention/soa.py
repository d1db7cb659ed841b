"""Soft attention (SOA): channels and pixels in parallel."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aanet.models.attention.base import BaseAttention
from aanet.models.attention.ca import CAModule
from aanet.models.attention.sa import SAModule
from aanet.registry import MODELS


def product_logits(first: Tensor, second: Tensor) -> Tensor:
    r"""Logits of the product of two sigmoids.

    .. math::
        \sigma(z) = \sigma(a)\,\sigma(b) \quad\Leftrightarrow\quad
        z = -\log(e^{-a} + e^{-b} + e^{-a-b})

    The last two terms are one, :math:`e^{-b} / \sigma(a)`, which saves a
    map of the full size. In fp32 at least, as :meth:`BaseAttention.activate`.

    Args:
        first (Tensor): Logits a.
        second (Tensor): Logits b, broadcastable with a.

    Returns:
        Tensor: Logits z in fp32 or wider, the shape that both broadcast to.
    """
    dtype = torch.promote_types(first.dtype, torch.float32)
    first, second = first.to(dtype), second.to(dtype)
    return -torch.logaddexp(-first, -second - F.logsigmoid(first))


@MODELS.register_module()
class SOAModule(BaseAttention):
    r"""Soft attention of the paper's Table 9: CA and SA in parallel.

    Channel and spatial attention read the same map, and their logits are
    added, as in `BAM <https://arxiv.org/abs/1807.06514>`_:

    .. math::
        Z = \mathrm{CA}(F) + \mathrm{SA}(F)

    With ``fuse='mul'`` the attentions are multiplied instead,
    :math:`A = \sigma(\mathrm{CA}(F))\,\sigma(\mathrm{SA}(F))`. Two halves
    make a quarter, so that the gate then starts as the identity with
    ``gate_scale=4``, and not with 2.

    Args:
        in_channels (int): Channels C of the input.
        out_channels (int): Channels C' of the output.
        stride (int): Stride s of the block. Defaults to 1.
        reduction (int): Ratio r of :class:`CAModule`. Defaults to 16.
        fuse (str): ``'sum'`` or ``'mul'``. Defaults to ``'sum'``.
        **kwargs: ``gate_init``, ``gate_bias`` of :class:`BaseAttention`; the
            sum starts at ``gate_bias``, or with ``'mul'`` each factor.

    Raises:
        ValueError: If ``fuse`` is unknown.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        reduction: int = 16,
        fuse: str = 'sum',
        **kwargs: Any,
    ) -> None:
        super().__init__(in_channels, out_channels, stride, **kwargs)
        if fuse not in ('sum', 'mul'):
            raise ValueError(f"fuse must be 'sum' or 'mul', got {fuse!r}.")
        self.fuse = fuse
        self.channel = CAModule(
            in_channels, out_channels, stride, reduction, **kwargs
        )
        if fuse == 'sum':
            kwargs['gate_bias'] = 0.0
        self.spatial = SAModule(in_channels, out_channels, stride, **kwargs)

    @property
    def gate_layers(self) -> tuple[nn.Module, ...]:
        """The last layers of both parts."""
        return (*self.channel.gate_layers, *self.spatial.gate_layers)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of channels and pixels together.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).

        Returns:
            Tensor: Logits, shape (N, C', H/s, W/s).
        """
        channel, spatial = self.channel(x), self.spatial(x)
        if self.fuse == 'sum':
            return channel + spatial
        return product_logits(channel, spatial)

    def reset_parameters(self) -> None:
        """Let each part start as it starts alone."""
        self.channel.reset_parameters()
        self.spatial.reset_parameters()
