"""k-reciprocal neighborhoods and their Jaccard distance, as sparse rows.

All matrices are N x N in CSR form with some dozens of entries per row.
Letters: N = Q + G images, the queries first; K neighbors per image.
"""

import numpy as np
from scipy import sparse


def expanded_neighborhoods(
    neighbors: np.ndarray, k1: int
) -> sparse.csr_matrix:
    r"""Expanded k-reciprocal sets :math:`R^*(i, k_1)`, one per row.

    With :math:`R(i, k)` the images among the k nearest of i that have i among
    their own k nearest, :math:`R^*` is :math:`R(i, k_1)` and all
    :math:`R(c, k_1 / 2)` with :math:`c \in R(i, k_1)` of which more than two
    thirds lie in :math:`R(i, k_1)`.

    Args:
        neighbors (np.ndarray): The nearest images of each image, itself
            included, nearest first, shape (N, K) with K > ``k1`` unless N is
            smaller.
        k1 (int): Size of the neighborhood without the image itself.

    Returns:
        sparse.csr_matrix: Entry (i, j) is stored where j is in the set of i.
    """
    full = _reciprocal(neighbors[:, : k1 + 1])
    half = _reciprocal(neighbors[:, : round(k1 / 2) + 1])
    overlap = (full @ half.T).multiply(full).tocsr()
    sizes = half.getnnz(axis=1)
    accepted = 3 * overlap.data > 2 * sizes[overlap.indices]
    overlap.data = accepted.astype(overlap.dtype)
    overlap.eliminate_zeros()
    expanded = (full + overlap @ half).tocsr()
    expanded.sort_indices()
    return expanded


def average_neighbors(
    weights: sparse.csr_matrix, neighbors: np.ndarray
) -> sparse.csr_matrix:
    """Local query expansion: the mean row of the nearest images.

    Args:
        weights (sparse.csr_matrix): Shape (N, N).
        neighbors (np.ndarray): Images to average over, shape (N, K).

    Returns:
        sparse.csr_matrix: Shape (N, N).
    """
    share = _neighbor_matrix(neighbors).astype(weights.dtype)
    return (share @ weights) * (1 / neighbors.shape[1])


def add_jaccard_distances(
    result: np.ndarray, weights: sparse.csr_matrix, factor: float
) -> None:
    r"""Add the Jaccard distances of all query-gallery pairs to a matrix.

    .. math::
        d_J(q, g) = 1 - \frac{\sum_j \min(V_{qj}, V_{gj})}
            {\sum_j \max(V_{qj}, V_{gj})}
            = 1 - \frac{s}{|V_q| + |V_g| - s},
            \quad s = \sum_j \min(V_{qj}, V_{gj})

    Rows sum to one, :math:`|V_q| = 1`, but where images have more than
    :math:`k_1` duplicates: one that is not among its own neighbors may have
    no neighborhood at all, and is then at distance 1 from everything.

    Args:
        result (np.ndarray): Shape (Q, G), changed in place.
        weights (sparse.csr_matrix): :math:`V`, shape (N, N).
        factor (float): What each distance is multiplied by.
    """
    num_queries, num_gallery = result.shape
    gallery = weights[num_queries:].tocsc()
    totals = np.asarray(weights.sum(axis=1)).reshape(-1)
    tiny = np.finfo(totals.dtype).tiny
    for query in range(num_queries):
        begin, end = weights.indptr[query : query + 2]
        shared = gallery[:, weights.indices[begin:end]]
        own = np.repeat(weights.data[begin:end], np.diff(shared.indptr))
        overlap = np.bincount(
            shared.indices,
            weights=np.minimum(shared.data, own),
            minlength=num_gallery,
        )
        union = totals[query] + totals[num_queries:] - overlap
        result[query] += factor * (1 - overlap / np.maximum(union, tiny))


def _neighbor_matrix(neighbors: np.ndarray) -> sparse.csr_matrix:
    """Ones where column j is among the neighbors of row i."""
    num, k = neighbors.shape
    return sparse.csr_matrix(
        (
            np.ones(num * k, dtype=np.int32),
            neighbors.reshape(-1),
            np.arange(0, num * k + 1, k),
        ),
        shape=(num, num),
    )


def _reciprocal(neighbors: np.ndarray) -> sparse.csr_matrix:
    forward = _neighbor_matrix(neighbors)
    return forward.multiply(forward.T).tocsr()
