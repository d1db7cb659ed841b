"""Omnidirectional foreground-aware attention (OFA)."""

from typing import Any

from torch import Tensor, nn

from aanet.models.attention.base import BaseAttention
from aanet.models.attention.fca import FCAModule
from aanet.models.attention.msa import MSAModule
from aanet.registry import MODELS


@MODELS.register_module()
class OFAModule(BaseAttention):
    r"""Omnidirectional Foreground-aware Attention of AANet, Eq. 1 and 2.

    FCA weighs the channels of the block's input, and MSA looks at the
    strengthened map:

    .. math::
        C = \sigma(\mathrm{FCA}(F)), \qquad
        A = \sigma(\mathrm{MSA}(F \cdot C))

    Args:
        in_channels (int): Channels C of the input.
        out_channels (int): Channels C' of the output.
        stride (int): Stride s of the block. Defaults to 1.
        reduction (int): Ratio r of both parts. Defaults to 16.
        fca_pool (str): ``pool`` of :class:`FCAModule`. Defaults to
            ``'avg-min'``.
        fca_act (str): ``'sigmoid'`` or ``'none'`` behind FCA. Defaults to
            ``'sigmoid'``.
        branch_norm (bool): As in :class:`MSAModule`. Defaults to True.
        down (str): As in :class:`MSAModule`. Defaults to ``'avg'``.
        msa_fuse (str): ``fuse`` of :class:`MSAModule`. Defaults to
            ``'concat'``.
        product (bool): Eq. 1 to the letter, ``A = F * C * S`` where the
            shapes of F and S agree. Unbounded: six modules lift a random
            ResNet-50's activations beyond fp16. Defaults to False.
        **kwargs: ``gate_init``, ``gate_bias`` of :class:`BaseAttention`.

    Raises:
        ValueError: If a switch has an unknown value.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        reduction: int = 16,
        fca_pool: str = 'avg-min',
        fca_act: str = 'sigmoid',
        branch_norm: bool = True,
        down: str = 'avg',
        msa_fuse: str = 'concat',
        product: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(in_channels, out_channels, stride, **kwargs)
        if fca_act not in ('sigmoid', 'none'):
            raise ValueError(
                f"fca_act must be 'sigmoid' or 'none', got {fca_act!r}."
            )
        self.fca_act = fca_act
        self.product = product
        self.fca = FCAModule(
            in_channels,
            in_channels,
            reduction=reduction,
            pool=fca_pool,
            gate_init='default',
        )
        self.msa = MSAModule(
            in_channels,
            out_channels,
            stride,
            reduction=reduction,
            branch_norm=branch_norm,
            down=down,
            fuse=msa_fuse,
            **kwargs,
        )

    @property
    def gate_layers(self) -> tuple[nn.Module, ...]:
        """The projection of MSA."""
        return self.msa.gate_layers

    def strengthen(self, x: Tensor) -> Tensor:
        """F * C: the input with its foreground channels strengthened.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).

        Returns:
            Tensor: Shape (N, C, H, W).
        """
        weights = self.fca(x)
        if self.fca_act == 'sigmoid':
            weights = weights.sigmoid()
        return x * weights

    def forward(self, x: Tensor) -> Tensor:
        """Logits of MSA on the strengthened input.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).

        Returns:
            Tensor: Logits, shape (N, C', H/s, W/s).
        """
        return self.msa(self.strengthen(x))

    def activate(self, x: Tensor, logits: Tensor) -> Tensor:
        """Attention from logits: S, or F * C * S with ``product``.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).
            logits (Tensor): What :meth:`forward` gave.

        Returns:
            Tensor: Attention in fp32 or wider, shape of ``logits``.
        """
        attention = super().activate(x, logits)
        if self.product and x.shape == attention.shape:
            attention = attention * self.strengthen(x).to(attention.dtype)
        return attention

    def reset_parameters(self) -> None:
        """Let each part start as it starts alone."""
        self.fca.reset_parameters()
        self.msa.reset_parameters()
