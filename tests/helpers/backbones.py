"""A naive forward pass of a backbone with attention, block by block."""

import torch.nn.functional as F
from mmpretrain.models.backbones.mobilenet_v2 import InvertedResidual
from mmpretrain.models.backbones.resnet import BasicBlock, ResNet
from torch import Tensor, nn


def match(attention: Tensor, like: Tensor) -> Tensor:
    """The parameter-free R of the paper's DenseOFA, as we read it."""
    attention = F.adaptive_avg_pool2d(attention, like.shape[2:])
    source, target = attention.shape[1], like.shape[1]
    if target >= source:
        return attention.repeat(1, target // source, 1, 1)
    return attention.unflatten(1, (target, -1)).mean(2)


def gated_residual(block: nn.Module, x: Tensor, gate: Tensor) -> Tensor:
    """The block with its gate inside the shortcut."""
    if isinstance(block, InvertedResidual):
        residual = block.conv(x) * gate
        return x + residual if block.use_res_connect else residual
    y = F.relu(block.norm1(block.conv1(x)))
    y = block.norm2(block.conv2(y))
    if not isinstance(block, BasicBlock):
        y = block.norm3(block.conv3(F.relu(y)))
    shortcut = x if block.downsample is None else block.downsample(x)
    return F.relu(y * gate + shortcut)


def gated_block(
    block: nn.Module,
    attention: nn.Module,
    x: Tensor,
    earlier: list[Tensor],
    connection: str,
    position: str,
    scale: float,
) -> Tensor:
    """One block with its attention; remembers what it hands on."""
    if connection == 'series':
        y = block(x)
        return y * scale * attention(y).sigmoid()
    seen = x
    if connection == 'dense':
        seen = x + sum(match(a, x) for a in earlier)
    logits = attention(seen)
    if connection == 'transmit' and earlier:
        logits = logits + match(earlier[-1], logits)
    values = logits.sigmoid()
    earlier.append(logits if connection == 'transmit' else values)
    if position == 'residual':
        return gated_residual(block, x, scale * values)
    return block(x) * scale * values


def naive_forward(
    plain: nn.Module,
    attentions: list[nn.Module],
    attention_blocks: tuple[int, ...],
    x: Tensor,
    connection: str = 'parallel',
    position: str = 'block',
    scale: float = 2.0,
) -> Tensor:
    """Last map of mmpretrain's backbone with gates put in by hand."""
    names = list(
        plain.res_layers if isinstance(plain, ResNet) else plain.layers
    )
    x = plain.conv1(x)
    if isinstance(plain, ResNet):
        x = plain.maxpool(F.relu(plain.norm1(x)))
    modules = iter(attentions)
    earlier: list[Tensor] = []
    for name, count in zip(names, attention_blocks, strict=False):
        stage = list(getattr(plain, name))
        for index, block in enumerate(stage):
            if index < len(stage) - count:
                x = block(x)
                continue
            x = gated_block(
                block,
                next(modules),
                x,
                earlier,
                connection,
                position,
                scale,
            )
    assert next(modules, None) is None
    return x if isinstance(plain, ResNet) else plain.conv2(x)
