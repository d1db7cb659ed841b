"""Channel attention (CA)."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from aanet.models.attention.base import BaseAttention
from aanet.registry import MODELS


@MODELS.register_module()
class CAModule(BaseAttention):
    r"""Channel attention of the paper's Table 9: squeeze and excitation.

    Global average pooling before a bottleneck of two 1x1 convolutions, as in
    `Squeeze-and-Excitation Networks <https://arxiv.org/abs/1709.01507>`_:

    .. math::
        Z = W_2\,\mathrm{ReLU}(W_1\,\mathrm{avg}(F) + b_1) + b_2

    Unlike there, the bottleneck reads the block's input in place of its
    residual, as every module of AANet does.

    Args:
        in_channels (int): Channels C of the input.
        out_channels (int): Channels C' of the output.
        stride (int): Stride of the block; the map is pooled to one pixel, so
            it changes nothing. Defaults to 1.
        reduction (int): Ratio r of the bottleneck. Defaults to 16.
        **kwargs: ``gate_init``, ``gate_bias`` of :class:`BaseAttention`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        reduction: int = 16,
        **kwargs: Any,
    ) -> None:
        super().__init__(in_channels, out_channels, stride, **kwargs)
        hidden = max(in_channels // reduction, 1)
        self.squeeze = nn.Conv2d(in_channels, hidden, 1)
        self.excite = nn.Conv2d(hidden, out_channels, 1)
        self.reset_parameters()

    @property
    def gate_layers(self) -> tuple[nn.Module, ...]:
        """The second 1x1 convolution."""
        return (self.excite,)

    def pool(self, x: Tensor) -> Tensor:
        """What the bottleneck reads of the map: its average.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).

        Returns:
            Tensor: Shape (N, C, 1, 1).
        """
        return x.mean((2, 3), keepdim=True)

    def forward(self, x: Tensor) -> Tensor:
        """Channel logits.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).

        Returns:
            Tensor: Logits, shape (N, C', 1, 1).
        """
        return self.excite(F.relu(self.squeeze(self.pool(x))))
