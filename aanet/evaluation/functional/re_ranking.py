"""k-reciprocal re-ranking with sparse rows and chunked distances."""

import numpy as np
import torch
from scipy import sparse

from aanet.evaluation.functional.distance import check_distance
from aanet.evaluation.functional.inputs import ArrayLike, as_features
from aanet.evaluation.functional.joint_features import JointFeatures
from aanet.evaluation.functional.neighbors import rank_jointly
from aanet.evaluation.functional.reciprocal import (
    add_jaccard_distances,
    average_neighbors,
    expanded_neighborhoods,
)

_BLOCK_ROWS = 32
"""Images whose neighborhoods are measured together; they overlap a lot."""


@torch.no_grad()
def re_ranking(
    q_feats: ArrayLike,
    g_feats: ArrayLike,
    k1: int = 20,
    k2: int = 6,
    lambda_value: float = 0.3,
    distance: str = 'euclidean',
) -> ArrayLike:
    r"""Distances re-ranked by k-reciprocal encoding.

    As in `Re-ranking Person Re-identification with k-reciprocal Encoding
    <https://arxiv.org/abs/1701.08398>`_ (Zhong et al., CVPR 2017):

    .. math::
        d^*(q, g) = (1 - \lambda) d_J(q, g)
            + \lambda \frac{d^2(q, g)}{\max_i d^2(q, i)}

    where :math:`d_J` is the Jaccard distance of the expanded k-reciprocal
    neighborhoods, averaged over the ``k2`` nearest neighbors, and :math:`i`
    runs over all queries and gallery images. What differs from the usual
    dense formulation is the cost alone: no N x N matrix (N = Q + G) is made.

    Args:
        q_feats (ArrayLike): Query features, shape (Q, D).
        g_feats (ArrayLike): Gallery features, shape (G, D); distances and
            neighbors are computed on their device, the rest on the CPU.
        k1 (int): Size of the reciprocal neighborhood. Defaults to 20.
        k2 (int): Neighbors averaged over, an image itself being the first;
            1 switches this local query expansion off. Defaults to 6.
        lambda_value (float): Weight of the original distance in 0..1.
            Defaults to 0.3.
        distance (str): ``'euclidean'`` takes the features as they are,
            ``'cosine'`` scales them to length one first; both go on with
            squared Euclidean distances. Defaults to ``'euclidean'``.

    Returns:
        ArrayLike: Distances, shape (Q, G): an array if the gallery is one,
        else a tensor on its device.

    Raises:
        ValueError: If shapes do not fit, a feature is not finite, or an
            option is out of range.
    """
    check_re_ranking(k1, k2, lambda_value)
    check_distance(distance)
    queries, gallery = as_features(q_feats, g_feats)
    feats = JointFeatures(queries, gallery, normalize=distance == 'cosine')
    k = min(max(k1 + 1, k2), len(feats))
    original, nearest, farthest = rank_jointly(feats, k)
    # Where all images are equal, 0 / 0 stands for no distance.
    farthest.clamp_(min=torch.finfo(farthest.dtype).tiny)
    original *= lambda_value / farthest[: len(queries), None]
    neighbors = nearest.cpu().numpy()
    members = expanded_neighborhoods(neighbors, k1)
    weights = _encode(feats, members, farthest.cpu().numpy())
    if k2 > 1:
        weights = average_neighbors(weights, neighbors[:, :k2])
    result = original.cpu().numpy()
    add_jaccard_distances(result, weights, 1 - lambda_value)
    if isinstance(g_feats, torch.Tensor):
        return torch.from_numpy(result).to(gallery.device)
    return result


def check_re_ranking(k1: int, k2: int, lambda_value: float) -> None:
    """Refuse options of the re-ranking that are out of range.

    Args:
        k1 (int): See :func:`re_ranking`.
        k2 (int): See :func:`re_ranking`.
        lambda_value (float): See :func:`re_ranking`.

    Raises:
        ValueError: If one is out of range; the message names it.
    """
    for name, value in (('k1', k1), ('k2', k2)):
        if value < 1:
            raise ValueError(
                f're-ranking needs {name} of at least 1, not {value}.'
            )
    if not 0 <= lambda_value <= 1:
        raise ValueError(
            f're-ranking needs lambda_value in 0..1, not {lambda_value}.'
        )


def _encode(
    feats: JointFeatures, members: sparse.csr_matrix, farthest: np.ndarray
) -> sparse.csr_matrix:
    """Gaussian weights of the members of each set; every row sums to one."""
    # Images with the same first member have most members in common: side by
    # side in a block, they need few distances besides their own.
    firsts = np.append(members.indices, 0)[members.indptr[:-1]]
    images = np.argsort(firsts, kind='stable')
    members = members[images]
    rows = np.repeat(np.arange(len(images)), np.diff(members.indptr))
    squared = _member_distances(feats, images, members)
    weights = np.exp(-squared / farthest[images[rows]])
    totals = np.bincount(rows, weights=weights, minlength=len(images))
    weights /= totals[rows].astype(weights.dtype)
    encoded = sparse.csr_matrix(
        (weights, members.indices, members.indptr), shape=members.shape
    )
    return encoded[np.argsort(images)]


def _member_distances(
    feats: JointFeatures, images: np.ndarray, members: sparse.csr_matrix
) -> np.ndarray:
    """Squared distances of images (N,) to the columns stored in their rows."""
    device = feats.parts[1].device
    pieces = []
    for start in range(0, len(images), _BLOCK_ROWS):
        indptr = members.indptr[start : start + _BLOCK_ROWS + 1]
        columns, local = np.unique(
            members.indices[indptr[0] : indptr[-1]], return_inverse=True
        )
        block = images[start : start + _BLOCK_ROWS]
        own, others = (
            torch.from_numpy(i).long().to(device) for i in (block, columns)
        )
        distances = feats.between(own, others).cpu().numpy()
        rows = np.repeat(np.arange(len(block)), np.diff(indptr))
        pieces.append(distances[rows, local])
    return np.concatenate(pieces)
