"""Are the gates of the attention modules open, shut or in between?

Letters: N images, C channels and H x W pixels of a block's input, C' and
H' x W' of its output.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from torch import Tensor, nn

from aanet.diagnosis.tapping import tapped
from aanet.models.attention.fca import FCAModule
from aanet.models.backbones.attention_block import AttentionBlock

SATURATED = 0.05
"""How near to 0 or 1 an attention is, at which its sigmoid hardly learns."""


def gate_figures(gate: Tensor, scale: float) -> dict[str, float]:
    """Spread of the entries of a gate.

    Args:
        gate (Tensor): ``scale`` times the attention, broadcastable to
            (N, C', H', W').
        scale (float): The block's ``gate_scale``.

    Returns:
        dict[str, float]: ``mean``, ``std``, ``min``, ``max``, and
        ``saturated``, the share of entries in the lowest or the highest
        twentieth of 0 to ``scale``.
    """
    ends = (gate < SATURATED * scale) | (gate > (1 - SATURATED) * scale)
    return {
        'mean': gate.mean().item(),
        'std': gate.std(correction=0).item(),
        'min': gate.min().item(),
        'max': gate.max().item(),
        'saturated': ends.float().mean().item(),
    }


def pool_figures(feat: Tensor) -> dict[str, float]:
    """What minimum pooling adds to the average pooling of FCA.

    Args:
        feat (Tensor): Map that FCA pools, shape (N, C, H, W).

    Returns:
        dict[str, float]: ``nonzero_min``, the share of (image, channel)
        pairs whose minimum is not 0; ``avg`` and ``min``, the means of the
        two poolings.
    """
    feat = feat.float()
    lowest = feat.amin((2, 3))
    return {
        'nonzero_min': (lowest != 0).float().mean().item(),
        'avg': feat.mean().item(),
        'min': lowest.mean().item(),
    }


@contextmanager
def watched_gates(model: nn.Module, figures: dict[str, float]) -> Iterator:
    """Take the figures of every gate and every FCA while the model runs.

    Args:
        model (nn.Module): The backbone.
        figures (dict[str, float]): Gets ``gate/BLOCK/...`` and
            ``fca/BLOCK/...``, named as the block is within the backbone.

    Yields:
        None: Within it, figures are taken.
    """
    with ExitStack() as stack:
        for name, block in model.named_modules():
            if not isinstance(block, AttentionBlock):
                continue
            if block.attention is None:
                continue
            note = partial(_note_gate, figures, name, block.gate_scale)
            stack.enter_context(tapped(block.attention, 'activate', note))
            for part in block.attention.modules():
                if isinstance(part, FCAModule):
                    note = partial(_note_pool, figures, name)
                    stack.enter_context(tapped(part, 'pool', note))
        yield


def _note_gate(
    figures: dict[str, float],
    block: str,
    scale: float,
    args: tuple,
    result: Any,
) -> None:
    for name, value in gate_figures(result.float() * scale, scale).items():
        figures[f'gate/{block}/{name}'] = value


def _note_pool(
    figures: dict[str, float], block: str, args: tuple, result: Any
) -> None:
    for name, value in pool_figures(args[0]).items():
        figures[f'fca/{block}/{name}'] = value
