"""Batch-hard triplet loss, the original and the improved one."""

from torch import Tensor

from aanet.models.losses.distances import hardest_distances, pairwise_distance
from aanet.models.losses.ranking_loss import RankingLoss
from aanet.registry import MODELS


@MODELS.register_module()
class TriHardLoss(RankingLoss):
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
        super().__init__(gather, loss_weight)
        self.margin = margin
        self.intra_weight = intra_weight

    def batch_loss(self, feats: Tensor, labels: Tensor) -> Tensor:
        """Mean over the anchors of a batch.

        Args:
            feats (Tensor): Features, shape (N, D).
            labels (Tensor): Identity of each sample, shape (N,).

        Returns:
            Tensor: Scalar loss. An anchor without a negative in the batch
            adds no hinge.
        """
        dist_ap, dist_an = hardest_distances(pairwise_distance(feats), labels)
        hinge = (self.margin + dist_ap - dist_an).clamp(min=0)
        loss = self.intra_weight * dist_ap + hinge
        return loss.mean()
