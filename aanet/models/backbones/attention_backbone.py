"""What the backbones with attention share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from mmengine.model import Sequential
from torch import Tensor, nn

from aanet.models.attention import BaseAttention
from aanet.models.attention.dense_link import (
    ConcatLink,
    SumLink,
    check_dense_sum,
    check_transmit,
)
from aanet.models.backbones.attention_block import AttentionBlock
from aanet.registry import MODELS

OFA = {'type': 'OFAModule', 'reduction': 16}
"""The attention that a backbone gets where a config names none."""

CHOICES = {
    'connection': ('parallel', 'series', 'dense', 'transmit'),
    'gate_position': ('block', 'residual'),
    'dense_fusion': ('sum', 'concat'),
}


def from_scratch(arguments: dict[str, Any]) -> dict[str, Any]:
    """Let ``init_cfg=None`` mean the plain backbone's own initialization.

    mmpretrain's backbones have a good one, which an explicit None would
    replace by PyTorch's.

    Args:
        arguments (dict[str, Any]): Arguments of the plain backbone.

    Returns:
        dict[str, Any]: Without an ``init_cfg`` that is None.
    """
    return {
        name: value
        for name, value in arguments.items()
        if name != 'init_cfg' or value is not None
    }


class AttentionBackbone:
    """Mixin for an mmpretrain backbone of :class:`AttentionBlock` stages.

    It attaches attention modules to the last blocks of each stage, and
    leaves every key of the plain backbone's state dict as it was: ImageNet
    weights load with only the attention keys missing. Frozen stages and
    ``norm_eval`` concern the plain backbone; attention always trains.

    A subclass builds its stages of :class:`AttentionBlock` and gives
    :meth:`stage_names` and :meth:`forward_stem`.
    """

    out_indices: Sequence[int]

    def attach_attention(
        self,
        attention: dict | None,
        attention_blocks: Sequence[int],
        connection: str,
        gate_scale: float,
        gate_position: str,
        dense_fusion: str,
    ) -> None:
        """Build one attention module per chosen block.

        Args:
            attention (dict | None): Config of the module, without the
                channels and the stride; None for the plain backbone.
            attention_blocks (Sequence[int]): How many of the last blocks of
                each stage get a module.
            connection (str): ``'parallel'``, ``'series'``, ``'dense'`` or
                ``'transmit'``.
            gate_scale (float): The gate is this times the attention.
            gate_position (str): ``'block'`` or ``'residual'``.
            dense_fusion (str): ``'sum'`` or ``'concat'``.

        Raises:
            ValueError: If an argument is unknown, a stage has fewer blocks
                than asked for, or widths that a connection adds up do not
                divide each other.
        """
        given = {
            'connection': connection,
            'gate_position': gate_position,
            'dense_fusion': dense_fusion,
        }
        for name, value in given.items():
            if value not in CHOICES[name]:
                raise ValueError(
                    f'{name} must be one of {CHOICES[name]}, got {value!r}.'
                )
        self._use_initializing_stages()
        if connection == 'series' and gate_position != 'block':
            raise ValueError(
                "connection='series' gates the output of a block: it needs "
                f"gate_position='block', got {gate_position!r}."
            )
        chosen = [] if attention is None else self._chosen(attention_blocks)
        channels = [block.io_channels for block in chosen]
        if connection == 'dense' and dense_fusion == 'sum':
            check_dense_sum(channels)
        elif connection == 'transmit':
            check_transmit(channels)
        earlier_channels = 0
        for block in chosen:
            in_channels, out_channels = block.io_channels
            series = connection == 'series'
            module = MODELS.build(
                dict(
                    attention,  # type: ignore[arg-type]
                    in_channels=out_channels if series else in_channels,
                    out_channels=out_channels,
                    stride=1 if series else block.stride,
                )
            )
            link: nn.Module | None = None
            if connection == 'dense' and earlier_channels:
                link = (
                    SumLink()
                    if dense_fusion == 'sum'
                    else ConcatLink(earlier_channels, in_channels)
                )
            block.attach(module, connection, gate_scale, gate_position, link)
            earlier_channels += out_channels

    @abstractmethod
    def stage_names(self) -> list[str]:
        """Names of the children that run one after the other."""

    @abstractmethod
    def forward_stem(self, x: Tensor) -> Tensor:
        """What runs before the first stage.

        Args:
            x (Tensor): Images, shape (N, 3, H, W).

        Returns:
            Tensor: Input of the first stage.
        """

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Maps of the stages in ``out_indices``.

        Args:
            x (Tensor): Images, shape (N, 3, H, W).

        Returns:
            tuple[Tensor, ...]: One map of shape (N, C_i, H_i, W_i) a stage.
        """
        x = self.forward_stem(x)
        earlier: list[Tensor] = []
        outs = []
        for index, name in enumerate(self.stage_names()):
            stage = getattr(self, name)
            if isinstance(stage, nn.Sequential):
                for block in stage:
                    x = block(x, earlier)
            else:
                x = stage(x)
            if index in self.out_indices:
                outs.append(x)
        return tuple(outs)

    def attention_modules(self) -> list[BaseAttention]:
        """The attention modules, from the shallowest to the deepest."""
        return [
            block.attention
            for block in self._blocks()
            if block.attention is not None
        ]

    def train(self, mode: bool = True) -> Any:
        """Set the mode; attention trains even in frozen stages.

        Args:
            mode (bool): Training or evaluation. Defaults to True.

        Returns:
            Any: The backbone itself.
        """
        super().train(mode)  # type: ignore[misc]
        for block in self._blocks():
            for part in (block.attention, block.attention_link):
                if part is not None:
                    part.train(mode)
                    part.requires_grad_(True)
        return self

    def _blocks(self) -> list[AttentionBlock]:
        """Every block, from the shallowest to the deepest."""
        return [block for stage in self._stages() for block in stage]

    def _chosen(self, attention_blocks: Sequence[int]) -> list[AttentionBlock]:
        """The last blocks of each stage."""
        stages = self._stages()
        depths = [len(stage) for stage in stages]
        fits = len(attention_blocks) == len(depths) and all(
            0 <= count <= depth
            for count, depth in zip(attention_blocks, depths, strict=False)
        )
        if not fits:
            raise ValueError(
                'model.backbone.attention_blocks must hold, for each of the '
                f'{len(depths)} stages, at most its {tuple(depths)} blocks, '
                f'got {tuple(attention_blocks)}.'
            )
        return [
            block
            for stage, count, depth in zip(
                stages, attention_blocks, depths, strict=True
            )
            for block in list(stage)[depth - count :]
        ]

    def _stages(self) -> list[Any]:
        """The stages that consist of blocks."""
        stages = [getattr(self, name) for name in self.stage_names()]
        return [stage for stage in stages if isinstance(stage, nn.Sequential)]

    def _use_initializing_stages(self) -> None:
        """Let ``init_weights`` reach the attention inside the stages.

        mmpretrain's stages are plain ``nn.Sequential``, at which mmengine's
        initialization stops; mmengine's own passes it on.
        """
        for name in self.stage_names():
            stage = getattr(self, name)
            if isinstance(stage, nn.Sequential):
                setattr(self, name, Sequential(*stage))
