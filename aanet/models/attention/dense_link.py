"""How earlier modules reach a later one.

``connection='dense'`` hands on their attentions, ``'transmit'`` the logits of
the one before; both are brought to size by :func:`match_attention`.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def _pool_to(attention: Tensor, like: Tensor) -> Tensor:
    """Average pooling to another map's height and width."""
    height, width = like.shape[2:]
    return F.adaptive_avg_pool2d(attention, (height, width))


def _fits(source: int, target: int) -> bool:
    """Can channels be repeated or averaged from one count to the other?"""
    return target % source == 0 or source % target == 0


def check_dense_sum(channels: list[tuple[int, int]]) -> None:
    """Can every attention be added to every later module's input?

    Args:
        channels (list[tuple[int, int]]): Input and output channels of the
            blocks with a module, from the shallowest to the deepest.

    Raises:
        ValueError: If neither of two channel counts divides the other.
    """
    for index, (target, _) in enumerate(channels):
        for _, source in channels[:index]:
            if not _fits(source, target):
                raise ValueError(
                    'a dense connection cannot add an attention of '
                    f'{source} channels to an input of {target}, since '
                    "neither divides the other: use dense_fusion='concat'."
                )


def check_transmit(channels: list[tuple[int, int]]) -> None:
    """Can every module's logits be added to those of the next one?

    Args:
        channels (list[tuple[int, int]]): Input and output channels of the
            blocks with a module, from the shallowest to the deepest.

    Raises:
        ValueError: If neither of two channel counts divides the other.
    """
    for (_, source), (_, target) in pairwise(channels):
        if not _fits(source, target):
            raise ValueError(
                f'a transmit connection cannot add logits of {source} '
                f'channels to logits of {target}, since neither divides the '
                'other: choose attention_blocks whose widths do.'
            )


def match_attention(attention: Tensor, like: Tensor) -> Tensor:
    """Bring an attention, or logits, to another map's size.

    There are no parameters: the map is average-pooled to the target's height
    and width; channels are repeated k times, or averaged over groups of k.

    Args:
        attention (Tensor): Attention of an earlier module, shape
            (N, C_i, H_i, W_i).
        like (Tensor): Map that it shall fit, shape (N, C_j, H_j, W_j).

    Returns:
        Tensor: Shape (N, C_j, H_j, W_j).

    Raises:
        ValueError: If neither channel count divides the other.
    """
    source, target = attention.shape[1], like.shape[1]
    if attention.shape[2:] != like.shape[2:]:
        attention = _pool_to(attention, like)
    if source == target:
        return attention
    if target % source == 0:
        return attention.repeat(1, target // source, 1, 1)
    if source % target == 0:
        return attention.unflatten(1, (target, source // target)).mean(2)
    raise ValueError(
        f'a connection cannot match {source} to {target} channels: '
        'one must divide the other.'
    )


class SumLink(nn.Module):
    """Earlier attentions are added to the module's input."""

    def forward(self, x: Tensor, earlier: list[Tensor]) -> Tensor:
        """Add every earlier attention.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).
            earlier (list[Tensor]): Attentions of the modules before.

        Returns:
            Tensor: Input of the attention module, shape (N, C, H, W).
        """
        for attention in earlier:
            x = x + match_attention(attention, x).to(x.dtype)
        return x


class ConcatLink(nn.Module):
    """Earlier attentions are concatenated, projected and added.

    Args:
        earlier_channels (int): Channels of all earlier attentions together.
        channels (int): Channels C of the module's input.
    """

    def __init__(self, earlier_channels: int, channels: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(earlier_channels, channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor, earlier: list[Tensor]) -> Tensor:
        """Add the projection of every earlier attention.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).
            earlier (list[Tensor]): Attentions of the modules before.

        Returns:
            Tensor: Input of the attention module, shape (N, C, H, W).
        """
        pooled = [_pool_to(attention, x) for attention in earlier]
        return x + self.norm(
            self.project(torch.cat(pooled, dim=1).to(x.dtype))
        )
