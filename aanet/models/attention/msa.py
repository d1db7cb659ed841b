"""Multi-scale spatial attention (MSA)."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aanet.models.attention.base import BaseAttention
from aanet.models.attention.conv_unit import conv_unit
from aanet.registry import MODELS

KERNEL_SIZES = (3, 5, 7)
"""Sizes n of the factorised branches; a fourth branch is the 1x1 alone."""


@MODELS.register_module()
class MSAModule(BaseAttention):
    r"""Multi-scale Spatial Attention of AANet.

    Four branches reduce the channels from C to m = C / r and look at 1x1,
    3x3, 5x5 and 7x7 pixels, the larger ones as a 1xn and an nx1 convolution:

    .. math::
        Z = W_p\,[U_1, U_3, U_5, U_7] + b_p

    The four reductions read the same map, so they are one convolution whose
    output is split. Expanding each branch, adding, and projecting (the
    literal reading, ``fuse='literal'``) spans the same functions, because
    both steps are linear, at 3.3 times the parameters for the six modules.

    Args:
        in_channels (int): Channels C of the input.
        out_channels (int): Channels C' of the output.
        stride (int): Stride s of the block. Defaults to 1.
        reduction (int): Ratio r. Defaults to 16.
        branch_norm (bool): Batch norm and ReLU behind each convolution of a
            branch. Defaults to True.
        down (str): How a strided block's attention shrinks: ``'avg'`` pools
            before the projection, ``'conv'`` strides the projection,
            ``'input'`` pools the input. Defaults to ``'avg'``.
        fuse (str): ``'concat'`` or ``'literal'``. Defaults to ``'concat'``.
        **kwargs: ``gate_init``, ``gate_bias`` of :class:`BaseAttention`.

    Raises:
        ValueError: If ``down`` or ``fuse`` is unknown.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        reduction: int = 16,
        branch_norm: bool = True,
        down: str = 'avg',
        fuse: str = 'concat',
        **kwargs: Any,
    ) -> None:
        super().__init__(in_channels, out_channels, stride, **kwargs)
        if down not in ('avg', 'conv', 'input'):
            raise ValueError(
                f"down must be 'avg', 'conv' or 'input', got {down!r}."
            )
        if fuse not in ('concat', 'literal'):
            raise ValueError(
                f"fuse must be 'concat' or 'literal', got {fuse!r}."
            )
        self.down = down
        self.branch_channels = max(in_channels // reduction, 1)
        width = self.branch_channels * (1 + len(KERNEL_SIZES))
        self.reduce = conv_unit(in_channels, width, norm=branch_norm)
        self.branches = nn.ModuleList(
            self._branch(size, branch_norm) for size in KERNEL_SIZES
        )
        self.expand: nn.Module = nn.Identity()
        if fuse == 'literal':
            self.expand = nn.Conv2d(width, in_channels, 1, bias=False)
            width = in_channels
        project_stride = stride if down == 'conv' else 1
        self.project = nn.Conv2d(width, out_channels, 1, project_stride)
        self.reset_parameters()

    def _branch(self, size: int, norm: bool) -> nn.Sequential:
        """A size x size field as a 1 x size and a size x 1 convolution."""
        channels = self.branch_channels
        return nn.Sequential(
            *conv_unit(channels, channels, (1, size), norm=norm),
            *conv_unit(channels, channels, (size, 1), norm=norm),
        )

    @property
    def gate_layers(self) -> tuple[nn.Module, ...]:
        """The projection to the block's channels."""
        return (self.project,)

    def _shrink(self, x: Tensor, when: str) -> Tensor:
        """Average pooling by the block's stride, if this is its place."""
        if self.stride == 1 or self.down != when:
            return x
        return F.avg_pool2d(x, self.stride, ceil_mode=True)

    def forward(self, x: Tensor) -> Tensor:
        """Spatial and channel logits.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).

        Returns:
            Tensor: Logits, shape (N, C', H/s, W/s).
        """
        first, *rest = self.reduce(self._shrink(x, 'input')).split(
            self.branch_channels, dim=1
        )
        branches = [
            branch(part)
            for branch, part in zip(self.branches, rest, strict=True)
        ]
        fused = torch.cat([first, *branches], dim=1)
        return self.project(self.expand(self._shrink(fused, 'avg')))
