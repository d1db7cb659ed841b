"""Batch-hard triplet loss, the original and the improved one."""

import torch
from torch import Tensor, nn

from aanet.models.losses.distances import pairwise_distance
from aanet.models.losses.gather import gather_with_gradient
from aanet.registry import MODELS


def hardest_distances(
    distances: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    """Distances of each anchor's hardest positive and negative.

    Args:
        distances (Tensor): Pairwise distances, shape (N, N), diagonal 0.
        labels (Tensor): Identity of each sample, shape (N,).

    Returns:
        tuple[Tensor, Tensor]: The largest distance to the same identity (0
        for an identity with one sample) and the smallest to another
        (infinite if there is none), each of shape (N,).
    """
    same = labels[:, None] == labels[None, :]
    infinity = distances.new_tensor(torch.inf)
    dist_ap = torch.where(same, distances, -infinity).amax(1)
    dist_an = torch.where(same, infinity, distances).amin(1)
    return dist_ap, dist_an


@MODELS.register_module()
class TriHardLoss(nn.Module):
    r"""Batch-hard triplet loss of AANet, Eq. 9.

    .. math::
        L = \frac{1}{N} \sum_a \left( w\,d^p_a
            + \left[ m + d^p_a - d^n_a \right]_+ \right)

    with the Euclidean distances of anchor a to its hardest positive and its
    hardest negative in the batch. w = 0 is the original batch-hard loss
    (Hermans et al., 2017), w = 1 AANet's improved one, which keeps pulling
    the positives when the margin is met. Feed w = 1 normalized features:
    raw ones lower the loss by shrinking, and collapse.

    Args:
        margin (float): Margin m, in units of the distance. Defaults to 0.3.
        intra_weight (float): Weight w of the positive distance. Defaults
            to 1.
        gather (bool): Mine over the batches of all ranks; value and gradient
            are those of one process on the joint batch. Defaults to False.
        loss_weight (float): Weight of the loss, the paper's alpha. Defaults
            to 1.
    """

    def __init__(
        self,
        margin: float = 0.3,
        intra_weight: float = 1.0,
        gather: bool = False,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.margin = margin
        self.intra_weight = intra_weight
        self.gather = gather
        self.loss_weight = loss_weight

    @torch.autocast('cpu', enabled=False)
    @torch.autocast('cuda', enabled=False)
    def forward(self, feats: Tensor, labels: Tensor) -> Tensor:
        """Loss of a batch, in fp32.

        Args:
            feats (Tensor): Features, shape (N, D).
            labels (Tensor): Identity of each sample, shape (N,).

        Returns:
            Tensor: Scalar loss. An anchor without a negative in the batch
            adds no hinge.
        """
        if self.gather:
            feats, labels = gather_with_gradient(feats, labels)
        dist_ap, dist_an = hardest_distances(pairwise_distance(feats), labels)
        hinge = (self.margin + dist_ap - dist_an).clamp(min=0)
        loss = self.intra_weight * dist_ap + hinge
        return self.loss_weight * loss.mean()
