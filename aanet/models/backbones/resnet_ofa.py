"""ResNet with attention modules beside its residual blocks."""

from collections.abc import Sequence
from typing import Any

from mmpretrain.models import ResNet
from torch import Tensor

from aanet.models.backbones.attention_backbone import (
    OFA,
    AttentionBackbone,
    from_scratch,
)
from aanet.models.backbones.attention_block import (
    AttentionBasicBlock,
    AttentionBottleneck,
)
from aanet.registry import MODELS


@MODELS.register_module()
class ResNetOFA(AttentionBackbone, ResNet):
    """ResNet whose last blocks have an attention module beside them.

    The backbone of AANet: ResNet v1.5 with last stride 1 and, by default,
    OFA at the last six blocks of ResNet-50. With ``gate_scale=2`` and the
    modules' zero start, it begins as the plain ResNet, bit for bit.

    Args:
        depth (int): 18, 34, 50, 101 or 152.
        attention (dict | None): Config of the attention module; any
            :class:`~aanet.models.attention.BaseAttention`. None is the plain
            ResNet. Defaults to ``dict(type='OFAModule', reduction=16)``.
        attention_blocks (Sequence[int]): How many of the last blocks of each
            stage get a module. Defaults to (0, 0, 3, 3).
        connection (str): ``'parallel'`` to the block, in ``'series'`` behind
            it, or parallel and fed by earlier modules: ``'dense'`` adds all
            their attentions to the module's input, ``'transmit'`` the logits
            of the one before to its logits, with what those were given, so
            that a ``gate_bias`` adds up, too. Defaults to ``'parallel'``.
        gate_scale (float): The gate is this times the attention; 1 is Eq. 2
            to the letter and weakens a pretrained backbone. Defaults to 2.
        gate_position (str): ``'block'`` gates the whole block including its
            shortcut, ``'residual'`` only the residual. Defaults to
            ``'block'``.
        dense_fusion (str): How dense connections join, ``'sum'`` or
            ``'concat'``. Defaults to ``'sum'``.
        strides (Sequence[int]): Strides of the stages; the last is 1 in
            re-identification. Defaults to (1, 2, 2, 1).
        **kwargs: Other arguments of ``mmpretrain.ResNet``;
            ``init_cfg=None`` starts from scratch.

    Raises:
        ValueError: If an argument is unknown, a stage has fewer blocks than
            ``attention_blocks`` asks for, or widths that a connection adds
            up do not divide each other.
    """

    arch_settings = {  # noqa: RUF012
        18: (AttentionBasicBlock, (2, 2, 2, 2)),
        34: (AttentionBasicBlock, (3, 4, 6, 3)),
        50: (AttentionBottleneck, (3, 4, 6, 3)),
        101: (AttentionBottleneck, (3, 4, 23, 3)),
        152: (AttentionBottleneck, (3, 8, 36, 3)),
    }

    def __init__(
        self,
        depth: int,
        attention: dict | None = OFA,
        attention_blocks: Sequence[int] = (0, 0, 3, 3),
        connection: str = 'parallel',
        gate_scale: float = 2.0,
        gate_position: str = 'block',
        dense_fusion: str = 'sum',
        strides: Sequence[int] = (1, 2, 2, 1),
        **kwargs: Any,
    ) -> None:
        if depth not in self.arch_settings:
            raise ValueError(
                'model.backbone.depth must be one of '
                f'{tuple(self.arch_settings)}, got {depth}.'
            )
        super().__init__(depth, strides=strides, **from_scratch(kwargs))
        self.attach_attention(
            attention,
            attention_blocks,
            connection,
            gate_scale,
            gate_position,
            dense_fusion,
        )

    def stage_names(self) -> list[str]:
        """``layer1`` to ``layer4``."""
        return self.res_layers

    def forward_stem(self, x: Tensor) -> Tensor:
        """Convolution and max pooling.

        Args:
            x (Tensor): Images, shape (N, 3, H, W).

        Returns:
            Tensor: Shape (N, 64, H/4, W/4).
        """
        if self.deep_stem:
            return self.maxpool(self.stem(x))
        return self.maxpool(self.relu(self.norm1(self.conv1(x))))
