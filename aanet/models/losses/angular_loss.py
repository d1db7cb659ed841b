"""Angular loss over all positive pairs of a batch."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from aanet.models.losses.ranking_loss import RankingLoss
from aanet.registry import MODELS


@MODELS.register_module()
class AngularLoss(RankingLoss):
    r"""Angular loss, as compared in AANet's Table 10.

    Deep metric learning with angular loss (Wang et al., ICCV 2017). In the
    triangle of a positive pair (a, p) and a negative n, the angle at n shall
    stay below the bound; over the ordered pairs and all their negatives

    .. math::
        L = \operatorname{mean}_{a \ne p} \log \Bigl( 1 + \sum_n \exp \bigl(
            4 \tan^2\!\alpha\, (x_a + x_p)^\top x_n
            - 2 (1 + \tan^2\!\alpha)\, x_a^\top x_p \bigr) \Bigr)

    The form holds for features of length 1, so the loss normalizes what it
    is given; features that are normalized already stay as they are. The
    paper's N-pair term is not added.

    Args:
        angle (float): Bound alpha of the angle at the negative, in degrees.
            Defaults to 45.
        gather (bool): Mine over the batches of all ranks; value and gradient
            are those of one process on the joint batch. Defaults to False.
        loss_weight (float): Weight of the loss, AANet's alpha. Defaults
            to 1.

    Raises:
        ValueError: If ``angle`` is not between 0 and 90 degrees.
    """

    def __init__(
        self,
        angle: float = 45.0,
        gather: bool = False,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(gather, loss_weight)
        if not 0 < angle < 90:
            raise ValueError(
                f'angle must lie between 0 and 90 degrees, got {angle!r}.'
            )
        self.angle = angle

    def batch_loss(self, feats: Tensor, labels: Tensor) -> Tensor:
        """Mean over the positive pairs of a batch.

        Args:
            feats (Tensor): Features of any length, shape (N, D).
            labels (Tensor): Identity of each sample, shape (N,).

        Returns:
            Tensor: Scalar loss; 0, still attached to the graph, if no
            identity has two samples or all samples are of one.
        """
        feats = F.normalize(feats, dim=1)
        cosines = feats @ feats.T
        same = labels[:, None] == labels
        # A term is the same for (a, p) and (p, a): half of them suffice.
        anchor, positive = same.triu(1).nonzero(as_tuple=True)
        slope = math.tan(math.radians(self.angle)) ** 2
        exponents = 4 * slope * (cosines[anchor] + cosines[positive])
        pull = 2 * (1 + slope) * cosines[anchor, positive]
        exponents = (exponents - pull[:, None]).masked_fill(
            same[anchor], -torch.inf
        )
        # The appended 0 is the 1 in the logarithm.
        terms = F.pad(exponents, (0, 1)).logsumexp(1)
        return terms.sum() / max(len(terms), 1)
