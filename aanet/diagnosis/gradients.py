"""What each loss term asks of the last map and of the backbone.

Letters: N images, C channels, H x W pixels of the last map.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

CLASSIFICATION = 'loss_cls'
"""The term that the others are compared with."""


def loss_terms(
    losses: dict[str, Tensor | list[Tensor]],
) -> dict[str, Tensor]:
    """What each term adds to the total loss, as mmengine adds them up.

    Args:
        losses (dict[str, Tensor | list[Tensor]]): What the model returns in
            training.

    Returns:
        dict[str, Tensor]: Scalars of the entries named as losses.
    """
    return {
        name: torch.stack(
            [
                part.float().mean()
                for part in (value if isinstance(value, list) else [value])
            ]
        ).sum()
        for name, value in losses.items()
        if 'loss' in name
    }


def gradient_figures(
    terms: dict[str, Tensor],
    feat: Tensor,
    weights: Sequence[Tensor],
    loss_scale: float = 1.0,
) -> dict[str, float]:
    """Size and direction of each term's gradient, one backward pass each.

    Args:
        terms (dict[str, Tensor]): Scalar terms that share a graph.
        feat (Tensor): Last map, shape (N, C, H, W), part of the graph.
        weights (Sequence[Tensor]): Trained parameters of the backbone.
        loss_scale (float): Factor of the losses within the backward pass,
            which keeps small fp16 gradients alive; figures are those without
            it. Defaults to 1.

    Returns:
        dict[str, float]: L2 norms ``grad_map/TERM`` by the map and
        ``grad_backbone/TERM`` by all the weights together, 0 where a term
        does not reach them; and ``cosine_with_cls/TERM``, the cosine between
        the map's gradients of the term and of ``loss_cls``, where neither is
        0. Nothing, if the map has no gradient.
    """
    if not feat.requires_grad:
        return {}
    on_map: dict[str, float] = {}
    on_backbone: dict[str, float] = {}
    directions: dict[str, Tensor] = {}
    for name, term in terms.items():
        by_map, *by_weights = _gradients(term * loss_scale, [feat, *weights])
        norm = _norm([by_map])
        on_map[f'grad_map/{name}'] = norm / loss_scale
        on_backbone[f'grad_backbone/{name}'] = _norm(by_weights) / loss_scale
        if by_map is not None and norm > 0:
            directions[name] = by_map.float().flatten() / norm
    return {**on_map, **on_backbone, **_cosines(directions)}


def _gradients(
    term: Tensor, inputs: Sequence[Tensor]
) -> Sequence[Tensor | None]:
    """Gradients of a term; None where it does not depend on an input."""
    if not term.requires_grad:
        return [None] * len(inputs)
    return torch.autograd.grad(
        term, inputs, retain_graph=True, allow_unused=True
    )


def _norm(gradients: Iterable[Tensor | None]) -> float:
    """L2 norm of several tensors as one; 0 of none."""
    norms = [
        torch.linalg.vector_norm(gradient.float())
        for gradient in gradients
        if gradient is not None
    ]
    return torch.stack(norms).norm().item() if norms else 0.0


def _cosines(directions: dict[str, Tensor]) -> dict[str, float]:
    """Cosine between each unit vector and that of the classification."""
    base = directions.get(CLASSIFICATION)
    if base is None:
        return {}
    return {
        f'cosine_with_cls/{name}': (base @ direction).item()
        for name, direction in directions.items()
        if name != CLASSIFICATION
    }
