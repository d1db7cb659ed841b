"""How far the metric branch has people apart.

Letters: N images, D entries of a feature.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from aanet.diagnosis.tapping import tapped
from aanet.models.losses import RankingLoss, TriHardLoss
from aanet.models.losses.distances import hardest_distances, pairwise_distance


def distance_figures(
    feats: Tensor, labels: Tensor, margin: float | None = None
) -> dict[str, float]:
    """Hardest pairs of a batch.

    Args:
        feats (Tensor): Features that the metric loss sees, shape (N, D).
        labels (Tensor): Identity of each, shape (N,).
        margin (float | None): Margin of the hinge; None if the loss has no
            such hinge. Defaults to None.

    Returns:
        dict[str, float]: ``hardest_positive`` and ``hardest_negative``, mean
        Euclidean distances over the anchors that have such a pair, if there
        are any; ``active_hinges``, the share of anchors whose hinge is not
        0, if there is a margin.
    """
    dist_ap, dist_an = hardest_distances(pairwise_distance(feats), labels)
    has_positive = (labels[:, None] == labels).sum(1) > 1
    kinds = {
        'hardest_positive': dist_ap[has_positive],
        'hardest_negative': dist_an[dist_an.isfinite()],
    }
    figures = {
        name: distances.mean().item()
        for name, distances in kinds.items()
        if len(distances)
    }
    if margin is not None:
        active = margin + dist_ap - dist_an > 0
        figures['active_hinges'] = active.float().mean().item()
    return figures


@contextmanager
def watched_metric_branch(
    head: nn.Module, figures: dict[str, float]
) -> Iterator[None]:
    """Take the figures while the losses are computed.

    Args:
        head (nn.Module): The head, perhaps with a ``loss_triplet`` and the
            embedding ``embed`` of a global branch.
        figures (dict[str, float]): Gets ``metric/...``; among it ``norm``,
            the mean length of what the branch embeds, before it is
            normalized, or of what the loss sees where nothing is embedded.

    Yields:
        None: Within it, figures are taken.
    """
    loss = getattr(head, 'loss_triplet', None)
    embed = getattr(head, 'embed', None)
    margin = loss.margin if isinstance(loss, TriHardLoss) else None

    def note_norm(feats: Tensor) -> None:
        figures['metric/norm'] = feats.float().norm(dim=1).mean().item()

    def note_distances(args: tuple, result: Any) -> None:
        feats, labels = args
        if not isinstance(embed, nn.Module):
            note_norm(feats)
        found = distance_figures(feats, labels, margin)
        figures.update({f'metric/{name}': v for name, v in found.items()})

    with ExitStack() as stack:
        if isinstance(loss, RankingLoss):
            # The features of all ranks, if the loss gathers them.
            stack.enter_context(tapped(loss, 'batch_loss', note_distances))
        if isinstance(embed, nn.Module):
            stack.enter_context(
                tapped(embed, 'forward', lambda _, feats: note_norm(feats))
            )
        yield
