"""All figures of a model on a batch."""

import copy
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from aanet.diagnosis.alignment import cam_accuracy, watched_alignment
from aanet.diagnosis.gates import watched_gates
from aanet.diagnosis.gradients import gradient_figures, loss_terms
from aanet.diagnosis.metric_branch import watched_metric_branch
from aanet.diagnosis.tapping import tapped
from aanet.diagnosis.untouched import plain_execution, untouched
from aanet.models.necks import AAMNeck
from aanet.models.reid import ReIDNet
from aanet.models.utils import stack_labels


def check_model(model: nn.Module) -> None:
    """Can a model be measured?

    Args:
        model (nn.Module): The model.

    Raises:
        ValueError: If it is no :class:`ReIDNet`.
    """
    if not isinstance(model, ReIDNet):
        raise ValueError(
            'only a ReIDNet can be diagnosed, with its backbone, neck and '
            f'head, and the model is a {type(model).__name__}.'
        )


def measure(
    model: nn.Module,
    batch: dict[str, Any],
    forward_context: AbstractContextManager | None = None,
    loss_scale: float = 1.0,
) -> dict[str, float]:
    """Figures of the training step that a model would do on a batch.

    The model runs as in training, with the statistics of the batch and with
    dropout, and is left as it was, to the bit, as are all random number
    generators: the step itself then draws what the measuring drew.

    Args:
        model (nn.Module): A :class:`ReIDNet`. One in training mode keeps
            the modes of its parts, any other is put into it.
        batch (dict[str, Any]): What the train data loader gives.
        forward_context (AbstractContextManager | None): Where to run the
            forward pass, such as autocast. Defaults to None.
        loss_scale (float): Factor of the losses within the backward passes,
            for fp16. Defaults to 1.

    Returns:
        dict[str, float]: Figures by name: ``value/TERM`` of each loss,
        ``grad_map/``, ``grad_backbone/`` and ``cosine_with_cls/TERM`` (see
        :func:`~aanet.diagnosis.gradients.gradient_figures`),
        ``gate/BLOCK/`` and ``fca/BLOCK/`` (:mod:`aanet.diagnosis.gates`),
        ``aam/`` (:mod:`aanet.diagnosis.alignment`) and ``metric/``
        (:mod:`aanet.diagnosis.metric_branch`). A part that the model lacks
        has none.

    Raises:
        ValueError: If the model is no :class:`ReIDNet`, or samples have no
            label.
    """
    check_model(model)
    assert isinstance(model, ReIDNet)
    with untouched(model), plain_execution(model), torch.enable_grad():
        if not model.training:
            model.train()
        # The preprocessor may write labels into the samples.
        data = model.data_preprocessor(
            copy.copy(batch) | _samples(batch), True
        )
        parts: dict[str, float] = {}
        feat, terms = _run(
            model, data, forward_context or nullcontext(), parts
        )
        if isinstance(model.neck, AAMNeck):
            labels = stack_labels(data['data_samples'])
            parts['aam/cam_accuracy'] = cam_accuracy(model.neck, feat, labels)
        weights = [w for w in model.backbone.parameters() if w.requires_grad]
        return {
            **{f'value/{name}': term.item() for name, term in terms.items()},
            **gradient_figures(terms, feat, weights, loss_scale),
            **_in_groups(parts),
        }


def _samples(batch: dict[str, Any]) -> dict[str, Any]:
    return {'data_samples': copy.deepcopy(batch.get('data_samples'))}


def _run(
    model: ReIDNet,
    data: dict[str, Any],
    forward_context: AbstractContextManager,
    figures: dict[str, float],
) -> tuple[Tensor, dict[str, Tensor]]:
    """Last map and loss terms; figures of the parts are put down."""
    maps: list[Tensor] = []
    with (
        watched_gates(model.backbone, figures),
        watched_alignment(model.neck, figures),
        watched_metric_branch(model.head, figures),
        tapped(model, 'extract_maps', lambda _, out: maps.append(out[-1])),
        forward_context,
    ):
        # Not the model itself, whose hooks belong to the training.
        losses = model.forward(**data, mode='loss')
    return maps[0], loss_terms(losses)


def _in_groups(figures: dict[str, float]) -> dict[str, float]:
    """Figures of a kind side by side, otherwise in their order."""
    kinds = dict.fromkeys(name.partition('/')[0] for name in figures)
    return {
        name: value
        for kind in kinds
        for name, value in figures.items()
        if name.startswith(f'{kind}/')
    }
