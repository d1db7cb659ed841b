"""The interface that every attention module keeps."""

from abc import ABCMeta, abstractmethod
from typing import Any

import torch
from mmengine.model import BaseModule
from mmengine.model.weight_init import constant_init, kaiming_init
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class BaseAttention(BaseModule, metaclass=ABCMeta):
    """An attention module beside a residual block.

    A subclass maps the block's input to *logits*; the block that carries it
    turns them into its gate, ``gate_scale * activate(x, logits)``. The
    layers that make the logits start at zero by default, so that with
    ``gate_scale=2`` the gate starts as the identity and a pretrained
    backbone is left as it is.

    Args:
        in_channels (int): Channels C of the input.
        out_channels (int): Channels C' of the block's output.
        stride (int): Stride s of the block. Defaults to 1.
        gate_init (str): ``'zero'``, or ``'default'`` for the ordinary
            start of the last layers. Defaults to ``'zero'``.
        gate_bias (float): Where the logits start. Defaults to 0.

    Raises:
        ValueError: If ``gate_init`` is unknown.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        gate_init: str = 'zero',
        gate_bias: float = 0.0,
    ) -> None:
        super().__init__()
        if gate_init not in ('zero', 'default'):
            raise ValueError(
                f"gate_init must be 'zero' or 'default', got {gate_init!r}."
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.stride = stride
        self.gate_init = gate_init
        self.gate_bias = gate_bias

    @property
    @abstractmethod
    def gate_layers(self) -> tuple[Any, ...]:
        """The last layers, whose start decides how the gate starts.

        Each has a weight, and a bias or None. A module with several must
        override :meth:`reset_parameters`, lest ``gate_bias`` counts twice.
        """

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Logits of the attention.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).

        Returns:
            Tensor: Logits, broadcastable to (N, C', H/s, W/s).
        """

    def activate(self, x: Tensor, logits: Tensor) -> Tensor:
        """Attention in [0, 1] from logits.

        In fp32 whatever the autocast type is: the backward pass of a sigmoid
        uses its rounded output, and in bf16 that of 8 rounds to 1, which
        leaves no gradient.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W); unused here.
            logits (Tensor): What :meth:`forward` gave.

        Returns:
            Tensor: Attention in fp32 or wider, shape of ``logits``.
        """
        dtype = torch.promote_types(logits.dtype, torch.float32)
        return logits.to(dtype).sigmoid()

    def reset_parameters(self) -> None:
        """Kaiming for convolutions, then the start of the gate."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                kaiming_init(module)
            elif isinstance(module, _BatchNorm):
                constant_init(module, 1)
        for layer in self.gate_layers:
            if self.gate_init == 'zero':
                nn.init.zeros_(layer.weight)
            if layer.bias is not None:
                nn.init.constant_(layer.bias, self.gate_bias)

    def init_weights(self) -> None:
        """Start again, after the backbone's initialization of all layers."""
        self.reset_parameters()
        self._is_init = True
