"""Residual blocks that can carry an attention module."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch.nn.functional as F
from mmpretrain.models.backbones.mobilenet_v2 import InvertedResidual
from mmpretrain.models.backbones.resnet import BasicBlock, Bottleneck
from torch import Tensor, nn

from aanet.models.attention import BaseAttention
from aanet.models.attention.dense_link import match_attention
from aanet.models.attention.gate import apply_gate


class AttentionBlock:
    r"""Mixin for a residual block: the gate, in one place (AANet, Eq. 2).

    .. math::
        F_{out} = f(F_{in}) \cdot s\,A, \qquad
        A = \sigma(\mathrm{attention}(F_{in}))

    Without an attention attached it is the plain block. Subclasses name the
    plain block as their second base and split it into :meth:`residual`,
    :meth:`shortcut` and :meth:`merge` for the gate inside the shortcut.
    """

    in_channels: int
    out_channels: int
    stride: int
    downsample: nn.Module | None
    attention: BaseAttention | None
    attention_link: nn.Module | None
    connection: str
    gate_scale: float
    gate_position: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attention = None
        self.attention_link = None

    def attach(
        self,
        attention: BaseAttention,
        connection: str,
        gate_scale: float,
        gate_position: str,
        link: nn.Module | None = None,
    ) -> None:
        """Put an attention module beside the block.

        Args:
            attention (BaseAttention): The module.
            connection (str): ``'series'`` reads the block's output, any
                other its input; ``'transmit'`` adds the logits before.
            gate_scale (float): The gate is this times the attention.
            gate_position (str): ``'block'`` gates the block's output,
                ``'residual'`` the residual before the shortcut is added.
            link (nn.Module | None): What brings the attentions of earlier
                modules to this one (``'dense'``). Defaults to None.
        """
        self.attention = attention
        self.attention_link = link
        self.connection = connection
        self.gate_scale = gate_scale
        self.gate_position = gate_position

    @property
    def io_channels(self) -> tuple[int, int]:
        """Input and output channels of the block."""
        return self.in_channels, self.out_channels

    def forward(
        self, x: Tensor, earlier: list[Tensor] | None = None
    ) -> Tensor:
        """Run the block and its gate.

        Args:
            x (Tensor): Shape (N, C, H, W).
            earlier (list[Tensor] | None): What the modules before handed
                on, attentions or (``'transmit'``) logits; this block's is
                appended. Defaults to None.

        Returns:
            Tensor: Shape (N, C', H/s, W/s).
        """
        if self.attention is None:
            return self._plain(x)
        earlier = [] if earlier is None else earlier
        if self.connection == 'series':
            y = self._plain(x)
            return self._gated(y, self._attend(y, earlier))
        attention = self._attend(x, earlier)
        if self.gate_position == 'block':
            return self._gated(self._plain(x), attention)
        residual = self._gated(self.residual(x), attention)
        return self.merge(residual, self.shortcut(x))

    def _plain(self, x: Tensor) -> Tensor:
        """The block without its gate."""
        return super().forward(x)  # type: ignore[misc]

    def _gated(self, x: Tensor, attention: Tensor) -> Tensor:
        """A map times ``gate_scale * A``."""
        return apply_gate(x, attention, self.gate_scale)

    def _attend(self, x: Tensor, earlier: list[Tensor]) -> Tensor:
        """Attention A for the map ``x``."""
        assert self.attention is not None
        if self.attention_link is not None:
            x = self.attention_link(x, earlier)
        logits = self.attention(x)
        transmit = self.connection == 'transmit'
        if transmit and earlier:
            logits = logits + match_attention(earlier[-1], logits)
        attention = self.attention.activate(x, logits)
        # One weight for all channels counts as one for each of them.
        channels = self.attention.out_channels
        whole = attention.expand(-1, channels, -1, -1)
        earlier.append(logits if transmit else whole)
        return attention

    @abstractmethod
    def residual(self, x: Tensor) -> Tensor:
        """What the block adds to its shortcut.

        Args:
            x (Tensor): Shape (N, C, H, W).

        Returns:
            Tensor: Shape (N, C', H/s, W/s).
        """

    def shortcut(self, x: Tensor) -> Tensor | None:
        """The shortcut, or None for a block that has none.

        Args:
            x (Tensor): Shape (N, C, H, W).

        Returns:
            Tensor | None: Shape (N, C', H/s, W/s).
        """
        downsample = self.downsample
        return x if downsample is None else downsample(x)

    def merge(self, residual: Tensor, shortcut: Tensor | None) -> Tensor:
        """Add the shortcut and end the block.

        Args:
            residual (Tensor): Gated residual, shape (N, C', H/s, W/s).
            shortcut (Tensor | None): What :meth:`shortcut` gave.

        Returns:
            Tensor: Output of the block, shape (N, C', H/s, W/s).
        """
        assert shortcut is not None
        return F.relu(residual + shortcut)


class AttentionBasicBlock(AttentionBlock, BasicBlock):
    """ResNet-18/34 block."""

    def residual(self, x: Tensor) -> Tensor:
        """Two 3x3 convolutions; see the base class."""
        out = self.relu(self.norm1(self.conv1(x)))
        return self.drop_path(self.norm2(self.conv2(out)))


class AttentionBottleneck(AttentionBlock, Bottleneck):
    """ResNet-50/101/152 block."""

    def residual(self, x: Tensor) -> Tensor:
        """1x1, 3x3 and 1x1 convolutions; see the base class."""
        out = self.relu(self.norm1(self.conv1(x)))
        out = self.relu(self.norm2(self.conv2(out)))
        return self.drop_path(self.norm3(self.conv3(out)))


class AttentionInvertedResidual(AttentionBlock, InvertedResidual):
    """MobileNetV2 block; its output is linear, without a ReLU."""

    @property
    def io_channels(self) -> tuple[int, int]:
        """Input and output channels, read off the convolutions."""
        return self.conv[0].conv.in_channels, self.conv[-1].conv.out_channels

    def residual(self, x: Tensor) -> Tensor:
        """Expansion, depthwise and projection; see the base class."""
        return self.conv(x)

    def shortcut(self, x: Tensor) -> Tensor | None:
        """The input, where the block keeps its shape."""
        return x if self.use_res_connect else None

    def merge(self, residual: Tensor, shortcut: Tensor | None) -> Tensor:
        """Add the shortcut, if there is one; see the base class."""
        return residual if shortcut is None else residual + shortcut
