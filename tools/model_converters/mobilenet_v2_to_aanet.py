"""Convert torchvision-style MobileNetV2 weights for MobileNetV2OFA."""

import argparse
from collections.abc import Mapping

import torch
from mmengine.registry import init_default_scope
from torch import Tensor

from aanet.registry import MODELS
from aanet.utils.cli import clear_errors
from aanet.utils.safe_loading import load_local_checkpoint


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog='Use the result with --cfg-options '
        'model.backbone.init_cfg.checkpoint=OUT '
        'model.backbone.init_cfg.prefix=None',
    )
    parser.add_argument('source', help='torchvision-style checkpoint')
    parser.add_argument('out', help='where to write the result')
    return parser.parse_args()


def convert(source: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename weights, which both libraries keep in the same order.

    Args:
        source (Mapping[str, Tensor]): torchvision's state dict, with or
            without its classifier.

    Returns:
        dict[str, Tensor]: State dict of ``mmpretrain.MobileNetV2``.

    Raises:
        ValueError: If the weights are not those of a MobileNetV2.
    """
    init_default_scope('aanet')
    backbone = MODELS.build({'type': 'MobileNetV2OFA', 'attention': None})
    target = _learned(backbone.state_dict())
    given = _learned(source)
    if len(given) != len(target):
        raise ValueError(
            f'a MobileNetV2 has {len(target)} tensors without its '
            f'classifier, the source has {len(given)}.'
        )
    converted = {}
    for (name, value), (old, tensor) in zip(
        target.items(), given.items(), strict=True
    ):
        kind, old_kind = name.rsplit('.')[-1], old.rsplit('.')[-1]
        if value.shape != tensor.shape or kind != old_kind:
            raise ValueError(
                f'{old} of shape {tuple(tensor.shape)} does not fit {name} '
                f'of shape {tuple(value.shape)}: the source is no '
                'MobileNetV2 of width 1.0.'
            )
        converted[name] = tensor
    return converted


def _learned(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights and statistics, without counters and the classifier."""
    return {
        name: tensor
        for name, tensor in state.items()
        if 'classifier' not in name
        and not name.endswith('num_batches_tracked')
    }


def main() -> None:
    """Read, convert, write."""
    args = parse_args()
    source = load_local_checkpoint(args.source, 'cpu')
    converted = convert(source.get('state_dict', source))
    torch.save({'state_dict': converted}, args.out)
    print(f'wrote {len(converted)} tensors to {args.out}')


if __name__ == '__main__':
    with clear_errors():
        main()
