"""Quadruplet loss with the hardest pairs of a batch."""

import torch
from torch import Tensor

from aanet.models.losses.distances import hardest_distances, pairwise_distance
from aanet.models.losses.ranking_loss import RankingLoss
from aanet.registry import MODELS


def closest_strangers(distances: Tensor, labels: Tensor) -> Tensor:
    """Smallest distance between two identities that are not the anchor's.

    Args:
        distances (Tensor): Pairwise distances or their squares, shape
            (N, N).
        labels (Tensor): Identity of each sample, shape (N,).

    Returns:
        Tensor: The distance for each anchor, shape (N,); infinite in a batch
        of fewer than three identities.
    """
    identities, own = labels.unique(return_inverse=True)
    other = identities[:, None] != labels
    apart = labels[:, None] != labels
    pairs = apart & other[:, :, None] & other[:, None, :]
    infinity = distances.new_tensor(torch.inf)
    return torch.where(pairs, distances, infinity).amin((1, 2))[own]


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of the values that the mask selects; 0 if there are none."""
    return torch.where(mask, values, 0).sum() / mask.sum().clamp(min=1)


def adaptive_margins(squared: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Margins that follow how far apart the batch's identities are.

    Args:
        squared (Tensor): Squared pairwise distances, shape (N, N).
        labels (Tensor): Identity of each sample, shape (N,).

    Returns:
        tuple[Tensor, Tensor]: The mean over negative pairs less that over
        positive pairs, and half of it, without a gradient. Both are 0 where
        the difference is negative or the batch lacks either kind of pair.
    """
    squared = squared.detach()
    negative = labels[:, None] != labels
    positive = (~negative).fill_diagonal_(False)
    gap = _mean(squared, negative) - _mean(squared, positive)
    margin = gap.clamp(min=0) * (negative.any() & positive.any())
    return margin, margin / 2


@MODELS.register_module()
class QuadrupletLoss(RankingLoss):
    r"""Hard-mined quadruplet loss, as compared in AANet's Table 10.

    Beyond triplet loss: a deep quadruplet network for person
    re-identification (Chen et al., CVPR 2017), with the hardest pairs of
    each anchor a:

    .. math::
        L = \frac{1}{N} \sum_a \left(
            \left[ m_1 + (d^p_a)^2 - (d^n_a)^2 \right]_+
            + \left[ m_2 + (d^p_a)^2 - (d^{nn}_a)^2 \right]_+ \right)

    with the Euclidean distances of the anchor to its hardest positive and
    its hardest negative, and between the closest two images of different
    identities, neither of them the anchor's. The adaptive margins are the
    paper's, w = 1 and 0.5 times the mean squared distance of the negative
    pairs less that of the positive ones. With them the loss grows with the
    square of the features' scale: feed it normalized features, raw ones
    lower it by shrinking.

    Args:
        margins (tuple[float, float] | None): Margins m1 and m2, in units of
            the squared distance, for example (0.3, 0.15); None takes the
            adaptive ones. Defaults to None.
        gather (bool): Mine over the batches of all ranks; value and gradient
            are those of one process on the joint batch. Defaults to False.
        loss_weight (float): Weight of the loss, AANet's alpha. Defaults
            to 1.

    Raises:
        ValueError: If ``margins`` are not two numbers of at least 0.
    """

    def __init__(
        self,
        margins: tuple[float, float] | None = None,
        gather: bool = False,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(gather, loss_weight)
        if margins is not None and (len(margins) != 2 or min(margins) < 0):
            raise ValueError(
                'margins must be None or two numbers of at least 0, got '
                f'{margins!r}.'
            )
        self.margins = margins

    def batch_loss(self, feats: Tensor, labels: Tensor) -> Tensor:
        """Mean over the anchors of a batch.

        Args:
            feats (Tensor): Features, shape (N, D).
            labels (Tensor): Identity of each sample, shape (N,).

        Returns:
            Tensor: Scalar loss. An anchor without a negative adds no first
            term, a batch of fewer than three identities no second one; the
            only image of an identity has the positive distance 0.
        """
        # Squaring also leaves 0 as the gradient between equal features.
        squared = pairwise_distance(feats).square()
        positive, negative = hardest_distances(squared, labels)
        strangers = closest_strangers(squared, labels)
        first, second = self.margins or adaptive_margins(squared, labels)
        loss = (first + positive - negative).clamp(min=0)
        loss = loss + (second + positive - strangers).clamp(min=0)
        return loss.mean()
