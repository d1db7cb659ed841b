"""Foreground-aware channel attention (FCA)."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from aanet.models.attention.average_minus_minimum import average_minus_minimum
from aanet.models.attention.ca import CAModule
from aanet.registry import MODELS


def _average(x: Tensor) -> Tensor:
    return x.mean((2, 3), keepdim=True)


def _average_plus_maximum(x: Tensor) -> Tensor:
    return x.mean((2, 3), keepdim=True) + x.amax((2, 3), keepdim=True)


POOLS: dict[str, Callable[[Tensor], Tensor]] = {
    'avg-min': average_minus_minimum,
    'avg': _average,
    'avg+max': _average_plus_maximum,
}


@MODELS.register_module()
class FCAModule(CAModule):
    r"""Foreground-aware Channel Attention of AANet.

    Global minimum pooling stands for the background and is taken from global
    average pooling before a bottleneck of two 1x1 convolutions:

    .. math::
        Z = W_2\,\mathrm{ReLU}(W_1 (\mathrm{avg}(F) - \min(F)) + b_1) + b_2

    Alone it is the attention of the row "BL+FCA" of the paper's Table 3;
    inside :class:`OFAModule` its sigmoid weighs the channels.

    Args:
        in_channels (int): Channels C of the input.
        out_channels (int): Channels C' of the output.
        stride (int): Stride of the block; the map is pooled to one pixel, so
            it changes nothing. Defaults to 1.
        reduction (int): Ratio r of the bottleneck. Defaults to 16.
        pool (str): ``'avg-min'`` (the paper's), ``'avg'`` or ``'avg+max'``.
            Behind a ReLU the minimum is almost always 0, and then
            ``'avg-min'`` equals ``'avg'``. Defaults to ``'avg-min'``.
        **kwargs: ``gate_init``, ``gate_bias`` of :class:`BaseAttention`.

    Raises:
        ValueError: If ``pool`` is unknown.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        reduction: int = 16,
        pool: str = 'avg-min',
        **kwargs: Any,
    ) -> None:
        super().__init__(
            in_channels, out_channels, stride, reduction, **kwargs
        )
        if pool not in POOLS:
            raise ValueError(
                f'pool must be one of {list(POOLS)}, got {pool!r}.'
            )
        self._pool = POOLS[pool]

    def pool(self, x: Tensor) -> Tensor:
        """What the bottleneck reads of the map; see ``pool`` above.

        Args:
            x (Tensor): Input of the block, shape (N, C, H, W).

        Returns:
            Tensor: Shape (N, C, 1, 1).
        """
        return self._pool(x)
