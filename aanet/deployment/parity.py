"""Does an exported model give the features of PyTorch?

Letters: M images, D numbers of a feature.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from prettytable import PrettyTable
from torch import Tensor

from aanet.apis.backends import Backend
from aanet.evaluation.functional import pairwise_distance

TOLERANCES = {'fp32': 1e-4, 'fp16': 1e-2, 'int8': 0.2}
"""How far a feature may be from PyTorch's, for each precision.

The distance of two images, of features of length 1, lies between 0 and 2 and
changes by at most twice this. 0.2 is a cosine similarity of 0.98.
"""


@dataclass(frozen=True)
class Parity:
    """How well two sets of features of the same images agree.

    Attributes:
        max_difference (float): Largest absolute difference of two numbers.
        max_distance (float): Largest Euclidean distance of two features of
            one image. It bounds the difference above.
        min_cosine (float): Smallest cosine similarity of such two.
        rank1_agreement (float): Share of images whose nearest other image
            is the same one in both sets.
    """

    max_difference: float
    max_distance: float
    min_cosine: float
    rank1_agreement: float

    def within(self, tolerance: float) -> bool:
        """Whether no feature is further off; never with a NaN among them.

        Args:
            tolerance (float): Largest distance allowed.
        """
        return self.max_distance <= tolerance


def compare(reference: Tensor, feats: Tensor) -> Parity:
    """Compare two sets of features.

    Args:
        reference (Tensor): Features of PyTorch, shape (M, D).
        feats (Tensor): Features of the exported model, shape (M, D).

    Returns:
        Parity: How well they agree.
    """
    difference = (reference - feats).double()
    cosine = F.cosine_similarity(reference.double(), feats.double())
    agree = _nearest_other(reference) == _nearest_other(feats)
    return Parity(
        max_difference=difference.abs().max().item(),
        max_distance=difference.norm(dim=1).max().item(),
        min_cosine=cosine.min().item(),
        rank1_agreement=agree.float().mean().item(),
    )


def check_batch_sizes(
    exported: Backend, original: Backend, crops: Tensor, batch_size: int
) -> dict[int, Parity]:
    """Compare an exported model with PyTorch, one by one and in batches.

    Args:
        exported (Backend): The exported model.
        original (Backend): PyTorch's, which normalizes as a test does,
            whatever the exported graph does.
        crops (Tensor): Images, uint8, BGR, shape (M, 3, H, W).
        batch_size (int): Length of a batch.

    Returns:
        dict[int, Parity]: How well they agree, for batches of one image and
        of ``batch_size``.
    """
    reference = _extract(original, crops, batch_size)
    return {
        size: compare(reference, _extract(exported, crops, size))
        for size in (1, batch_size)
    }


def parity_table(checks: dict[int, Parity]) -> str:
    """How far the file's features are from PyTorch's.

    Args:
        checks (dict[int, Parity]): By batch size.

    Returns:
        str: A table.
    """
    table = PrettyTable(
        [
            'batch size',
            'max abs. difference',
            'max distance',
            'min cosine',
            'rank-1 agreement',
        ],
        align='r',
    )
    for size, parity in checks.items():
        table.add_row(
            [
                size,
                f'{parity.max_difference:.1e}',
                f'{parity.max_distance:.1e}',
                f'{parity.min_cosine:.6f}',
                f'{100 * parity.rank1_agreement:.1f}%',
            ]
        )
    return table.get_string()


def _extract(backend: Backend, crops: Tensor, batch_size: int) -> Tensor:
    return torch.cat([backend(batch) for batch in crops.split(batch_size)])


def _nearest_other(feats: Tensor) -> Tensor:
    """Index of the nearest other image, (M,)."""
    distmat = pairwise_distance(feats, feats)
    return distmat.fill_diagonal_(torch.inf).argmin(dim=1)
