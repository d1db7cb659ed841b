"""MobileNetV2 with attention modules beside its blocks."""

from collections.abc import Sequence
from typing import Any

from mmengine.model import Sequential
from mmpretrain.models import MobileNetV2
from torch import Tensor, nn

from aanet.models.backbones.attention_backbone import (
    OFA,
    AttentionBackbone,
    from_scratch,
)
from aanet.models.backbones.attention_block import AttentionInvertedResidual
from aanet.registry import MODELS

_LAST_STRIDED_STAGE = 5


@MODELS.register_module()
class MobileNetV2OFA(AttentionBackbone, MobileNetV2):
    """MobileNetV2 whose last blocks have an attention module beside them.

    AANet's mechanism on a backbone of a tenth of the cost. The block's
    output is linear here, so that FCA's minimum pooling sees more than
    zeros.

    Args:
        attention (dict | None): Config of the attention module; None is the
            plain MobileNetV2. Defaults to
            ``dict(type='OFAModule', reduction=16)``.
        attention_blocks (Sequence[int]): How many of the last blocks of each
            of the seven stages (1, 2, 3, 4, 3, 3 and 1 blocks) get a module.
            Defaults to (0, 0, 0, 0, 2, 3, 1), the last six.
        connection (str): As in :class:`ResNetOFA`. The widths of the default
            blocks do not divide each other, as ``'dense'`` with ``'sum'`` and
            ``'transmit'`` need. Defaults to ``'parallel'``.
        gate_scale (float): As in :class:`ResNetOFA`. Defaults to 2.
        gate_position (str): As in :class:`ResNetOFA`. Defaults to
            ``'block'``.
        dense_fusion (str): As in :class:`ResNetOFA`. Defaults to ``'sum'``.
        last_stride (int): Stride of the last strided stage: 1 for maps of
            1/16 of the input, as is usual in re-identification, 2 for 1/32.
            Defaults to 1.
        **kwargs: Other arguments of ``mmpretrain.MobileNetV2``;
            ``init_cfg=None`` starts from scratch.

    Raises:
        ValueError: If an argument is unknown, a stage has fewer blocks than
            ``attention_blocks`` asks for, or widths that a connection adds
            up do not divide each other.
    """

    arch_settings: list[list[int]]
    in_channels: int

    def __init__(
        self,
        attention: dict | None = OFA,
        attention_blocks: Sequence[int] = (0, 0, 0, 0, 2, 3, 1),
        connection: str = 'parallel',
        gate_scale: float = 2.0,
        gate_position: str = 'block',
        dense_fusion: str = 'sum',
        last_stride: int = 1,
        **kwargs: Any,
    ) -> None:
        if last_stride not in (1, 2):
            raise ValueError(
                'model.backbone.last_stride must be 1 or 2, got '
                f'{last_stride}.'
            )
        settings = [list(stage) for stage in MobileNetV2.arch_settings]
        settings[_LAST_STRIDED_STAGE][-1] = last_stride
        self.arch_settings = settings
        super().__init__(**from_scratch(kwargs))
        self.attach_attention(
            attention,
            attention_blocks,
            connection,
            gate_scale,
            gate_position,
            dense_fusion,
        )

    def make_layer(
        self,
        out_channels: int,
        num_blocks: int,
        stride: int,
        expand_ratio: int,
    ) -> nn.Sequential:
        """Stack blocks that can carry attention.

        Args:
            out_channels (int): Output channels of the blocks.
            num_blocks (int): Number of blocks.
            stride (int): Stride of the first block.
            expand_ratio (int): Width of the hidden layer over the input's.

        Returns:
            nn.Sequential: The stage.
        """
        blocks = []
        for index in range(num_blocks):
            blocks.append(
                AttentionInvertedResidual(
                    self.in_channels,
                    out_channels,
                    stride if index == 0 else 1,
                    expand_ratio,
                    conv_cfg=self.conv_cfg,
                    norm_cfg=self.norm_cfg,
                    act_cfg=self.act_cfg,
                    with_cp=self.with_cp,
                )
            )
            self.in_channels = out_channels
        return Sequential(*blocks)

    def stage_names(self) -> list[str]:
        """``layer1`` to ``layer7``, then ``conv2``."""
        return self.layers

    def forward_stem(self, x: Tensor) -> Tensor:
        """First convolution.

        Args:
            x (Tensor): Images, shape (N, 3, H, W).

        Returns:
            Tensor: Shape (N, 32, H/2, W/2).
        """
        return self.conv1(x)
