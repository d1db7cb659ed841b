"""Three-dimensional attention like 3DTANet's (3DA-like)."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from aanet.models.attention.base import BaseAttention
from aanet.models.attention.ca import CAModule
from aanet.models.attention.conv_unit import conv_unit
from aanet.registry import MODELS


@MODELS.register_module()
class ThreeDAModule(BaseAttention):
    r"""An approximation of the three-dimensional attention of Table 9.

    3DTANet, where the paper takes it from, publishes no code, and its text
    was not accessible: what is here is inferred from its name. Label results
    "3DA-like", and do not measure them against the paper's row. There is one
    weight for every channel of every pixel, made of m = C / r channels that
    squeeze and excitation weighs:

    .. math::
        U = \mathrm{cbr}_{1 \times 1}(F), \qquad
        Z = W_p\,(U \cdot \sigma(\mathrm{SE}(U))) + b_p

    The bottleneck of SE is m wide, as that of :class:`CAModule` is: m / r
    would be four units. The "transmissible" part, the logits of the module
    before, is the backbone's ``connection='transmit'``.

    Args:
        in_channels (int): Channels C of the input.
        out_channels (int): Channels C' of the output.
        stride (int): Stride s of the block; the map is average-pooled before
            the projection. Defaults to 1.
        reduction (int): Ratio r. Defaults to 16.
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
        width = max(in_channels // reduction, 1)
        self.reduce = conv_unit(in_channels, width)
        self.channel = CAModule(width, width, reduction=1, gate_init='default')
        self.project = nn.Conv2d(width, out_channels, 1)
        self.reset_parameters()

    @property
    def gate_layers(self) -> tuple[nn.Module, ...]:
        """The projection to the block's channels."""
        return (self.project,)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of every channel of every pixel.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).

        Returns:
            Tensor: Logits, shape (N, C', H/s, W/s).
        """
        reduced = self.reduce(x)
        weighed = reduced * self.channel(reduced).sigmoid()
        if self.stride > 1:
            weighed = F.avg_pool2d(weighed, self.stride, ceil_mode=True)
        return self.project(weighed)
