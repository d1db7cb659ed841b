"""What the ranking losses of a batch have in common."""

from abc import ABCMeta, abstractmethod

import torch
from torch import Tensor, nn

from aanet.models.losses.gather import gather_with_gradient


class RankingLoss(nn.Module, metaclass=ABCMeta):
    """A loss that compares the images of a batch with each other.

    A subclass only gives the loss of one batch, in :meth:`batch_loss`; this
    class brings the ranks' batches together, keeps the arithmetic in fp32
    and weights the result.

    Args:
        gather (bool): Mine over the batches of all ranks; value and gradient
            are those of one process on the joint batch. Defaults to False.
        loss_weight (float): Weight of the loss, AANet's alpha. Defaults
            to 1.
    """

    def __init__(self, gather: bool = False, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.gather = gather
        self.loss_weight = loss_weight

    @torch.autocast('cpu', enabled=False)
    @torch.autocast('cuda', enabled=False)
    def forward(self, feats: Tensor, labels: Tensor) -> Tensor:
        """Weighted loss of a batch, in fp32.

        Args:
            feats (Tensor): Features, shape (N, D).
            labels (Tensor): Identity of each sample, shape (N,).

        Returns:
            Tensor: Scalar loss.
        """
        if self.gather:
            feats, labels = gather_with_gradient(feats, labels)
        feats = feats.to(torch.promote_types(feats.dtype, torch.float32))
        return self.loss_weight * self.batch_loss(feats, labels)

    @abstractmethod
    def batch_loss(self, feats: Tensor, labels: Tensor) -> Tensor:
        """Unweighted loss of a batch.

        It must be finite and attached to the graph whatever identities the
        batch has, so that every rank can go backward.

        Args:
            feats (Tensor): Features in fp32 or wider, shape (N, D).
            labels (Tensor): Identity of each sample, shape (N,).

        Returns:
            Tensor: Scalar loss.
        """
