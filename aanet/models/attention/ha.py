"""Harmonious attention (HA)."""

from typing import Any

from torch import Tensor, nn

from aanet.models.attention.base import BaseAttention
from aanet.models.attention.conv_unit import conv_unit
from aanet.models.attention.sa import SpatialPath
from aanet.registry import MODELS


@MODELS.register_module()
class HAModule(BaseAttention):
    r"""Harmonious attention of the paper's Table 9: HA-CNN's soft part.

    A map s of the pixels and a vector k of the channels are multiplied, and
    a 1x1 convolution mixes the product (`Harmonious Attention Network for
    Person Re-Identification <https://arxiv.org/abs/1802.08122>`_):

    .. math::
        s = \mathrm{cbr}_{1 \times 1}(\mathrm{path}(F)), \qquad
        k = \mathrm{cbr}_{1 \times 1}(\mathrm{cbr}_{1 \times 1}(
        \mathrm{avg}(F))), \qquad
        Z = \mathrm{BN}(W (s \cdot k))

    where cbr is a convolution with batch norm and ReLU, and path is
    :class:`SpatialPath`. HA-CNN's hard attention, four regions cut out by a
    spatial transformer, is left out: it feeds local streams that only HA-CNN
    has.

    Args:
        in_channels (int): Channels C of the input.
        out_channels (int): Channels C' of the output.
        stride (int): Stride s of the block. Defaults to 1.
        reduction (int): Ratio r of the channels' bottleneck. Defaults to 16.
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
        self.spatial = nn.Sequential(SpatialPath(stride), conv_unit(1, 1))
        self.channel = nn.Sequential(
            conv_unit(in_channels, hidden), conv_unit(hidden, in_channels)
        )
        self.mix = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)
        self.reset_parameters()

    @property
    def gate_layers(self) -> tuple[nn.Module, ...]:
        """The last batch norm."""
        return (self.norm,)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the mixed product.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).

        Returns:
            Tensor: Logits, shape (N, C', H/s, W/s).
        """
        channel = self.channel(x.mean((2, 3), keepdim=True))
        # W (s k) = s (W k): s is a number at each pixel, so that mixing one
        # vector an image does for all its pixels.
        return self.norm(self.spatial(x) * self.mix(channel))
