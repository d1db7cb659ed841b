"""Spatial attention (SA)."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from aanet.models.attention.base import BaseAttention
from aanet.models.attention.conv_unit import conv_unit
from aanet.registry import MODELS


class SpatialPath(nn.Module):
    """One saliency map of a feature map, as HA-CNN's spatial attention does.

    Mean over channels, a 3x3 convolution of stride 2 with batch norm and
    ReLU, and bilinear resizing (``align_corners=False``) to the size of the
    block's output.

    Args:
        stride (int): Stride s of the block.
    """

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.unit = conv_unit(1, 1, (3, 3), stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """Saliency before its 1x1 convolution.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).

        Returns:
            Tensor: Shape (N, 1, H/s, W/s), sizes rounded up.
        """
        height, width = (-(-size // self.stride) for size in x.shape[2:])
        return F.interpolate(
            self.unit(x.mean(1, keepdim=True)),
            (height, width),
            mode='bilinear',
            align_corners=False,
        )


@MODELS.register_module()
class SAModule(BaseAttention):
    r"""Spatial attention of the paper's Table 9, from HA-CNN.

    The spatial part of `Harmonious Attention Network for Person
    Re-Identification <https://arxiv.org/abs/1802.08122>`_, with one weight a
    pixel for all channels:

    .. math::
        Z = w\,\mathrm{up}(\mathrm{ReLU}(\mathrm{BN}(
        W_{3 \times 3} * \mathrm{mean}_c(F)))) + b

    The 1x1 convolution of a single channel, ``w`` and ``b``, is the last
    layer, so it has no batch norm and ReLU here.

    Args:
        in_channels (int): Channels C of the input.
        out_channels (int): Channels C' of the output.
        stride (int): Stride s of the block. Defaults to 1.
        **kwargs: ``gate_init``, ``gate_bias`` of :class:`BaseAttention`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(in_channels, out_channels, stride, **kwargs)
        self.path = SpatialPath(stride)
        self.scale = nn.Conv2d(1, 1, 1)
        self.reset_parameters()

    @property
    def gate_layers(self) -> tuple[nn.Module, ...]:
        """The 1x1 convolution of the saliency map."""
        return (self.scale,)

    def forward(self, x: Tensor) -> Tensor:
        """Spatial logits.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).

        Returns:
            Tensor: Logits, shape (N, 1, H/s, W/s).
        """
        return self.scale(self.path(x))
