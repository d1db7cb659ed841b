"""Attention cosine distance (ACD) loss."""

import torch
from torch import Tensor, nn

from aanet.registry import MODELS

_EPS = 1e-6


def _same_identity(labels: Tensor, valid: Tensor) -> Tensor:
    """Which samples, both valid, show one identity; bool, shape (N, N)."""
    return (labels[:, None] == labels[None, :]) & valid[:, None] & valid


def pair_counts(labels: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """How many pairs, of how many identities, the loss sees.

    Args:
        labels (Tensor): Identity of each sample, shape (N,).
        valid (Tensor): Which samples count, bool, shape (N,).

    Returns:
        tuple[Tensor, Tensor]: Number of pairs and of identities with at
        least one pair, as fp32 scalars.
    """
    same = _same_identity(labels, valid)
    members = same.sum(1).float()
    pairs = (same.triu(1)).sum().float()
    identities = torch.where(members > 1, 1 / members.clamp(min=1), 0).sum()
    return pairs, identities.round()


@MODELS.register_module()
class AttentionCosineDistanceLoss(nn.Module):
    r"""Attention Cosine Distance loss of AANet, Eq. 6 and 7.

    The mean cosine distance between the attention vectors of the pictures of
    one identity, put together over the identities i of the batch:

    .. math::
        L = R_i\, \frac{2}{k_i (k_i - 1)} \sum_{a < b \in i}
            \left( 1 - \cos(\hat V_a, \hat V_b) \right)

    Eq. 7 sums over identities. At ten identities a batch that makes "all
    attention alike" cheaper than any identity cue, so the mean is the
    default.

    Args:
        reduction (str): R, ``'mean'`` over the identities with at least one
            pair, or ``'sum'``. Defaults to ``'mean'``.
        loss_weight (float): Weight of the loss, the paper's beta. Defaults
            to 1.

    Raises:
        ValueError: If ``reduction`` is unknown.
    """

    def __init__(
        self, reduction: str = 'mean', loss_weight: float = 1.0
    ) -> None:
        super().__init__()
        if reduction not in ('mean', 'sum'):
            raise ValueError(
                f"reduction must be 'mean' or 'sum', got {reduction!r}."
            )
        self.reduction = reduction
        self.loss_weight = loss_weight

    @torch.autocast('cpu', enabled=False)
    @torch.autocast('cuda', enabled=False)
    def forward(
        self, vectors: Tensor, labels: Tensor, valid: Tensor | None = None
    ) -> Tensor:
        """Loss of a batch, in fp32.

        Args:
            vectors (Tensor): Attention vectors, shape (N, L).
            labels (Tensor): Identity of each sample, shape (N,).
            valid (Tensor | None): Samples to use, bool, shape (N,); all if
                None. Vectors of (nearly) zero length never count. Defaults
                to None.

        Returns:
            Tensor: Scalar loss; 0, still attached to the graph, if no
            identity has two valid samples.
        """
        vectors = vectors.to(torch.promote_types(vectors.dtype, torch.float32))
        long_enough = vectors.detach().norm(dim=1) > _EPS
        valid = long_enough if valid is None else valid & long_enough
        # The inner where keeps the norm's gradient finite at the zero vector.
        safe = torch.where(valid[:, None], vectors, torch.ones_like(vectors))
        units = safe / safe.norm(dim=1, keepdim=True)
        same = _same_identity(labels, valid)
        members = same.sum(1)
        weights = 2 / (members * (members - 1)).clamp(min=1)
        distances = torch.where(same.triu(1), 1 - units @ units.T, 0)
        loss = (distances.sum(1) * weights).sum()
        if self.reduction == 'mean':
            loss = loss / pair_counts(labels, valid)[1].clamp(min=1)
        return self.loss_weight * loss
