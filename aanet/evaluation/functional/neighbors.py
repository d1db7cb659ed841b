"""The nearest images of each image, from one half of all distances.

Letters: N images, K neighbors of each, B images of a chunk.
"""

import torch
from torch import Tensor

from aanet.evaluation.functional.joint_features import JointFeatures

_CHUNK_ROWS = 512
"""Images whose distances to all others are in memory at the same time."""


class Neighbors:
    """The nearest and the farthest of all images that were shown so far.

    Args:
        num (int): N.
        k (int): K, at most N.
        like (Tensor): Gives precision and device.
    """

    def __init__(self, num: int, k: int, like: Tensor) -> None:
        # One more than asked for shows a tie at the border.
        size = min(k + 1, num)
        self.nearest = like.new_full((num, size), torch.inf)
        self.images = torch.zeros_like(self.nearest, dtype=torch.int64)
        self.farthest = like.new_zeros(num)

    def show(self, rows: slice, first: int, distances: Tensor) -> None:
        """Take in a block of the N x N matrix of distances.

        Args:
            rows (slice): A range of images, B of them.
            first (int): The image of the first column; the other columns are
                those that follow it.
            distances (Tensor): Shape (B, columns).
        """
        size = min(self.nearest.shape[1], distances.shape[1])
        values, columns = distances.topk(size, dim=1, largest=False)
        values = torch.cat([self.nearest[rows], values], dim=1)
        images = torch.cat([self.images[rows], columns + first], dim=1)
        best = values.topk(self.nearest.shape[1], dim=1, largest=False)
        self.nearest[rows] = best.values
        self.images[rows] = images.gather(1, best.indices)
        self.farthest[rows] = torch.maximum(
            self.farthest[rows], distances.amax(dim=1)
        )


def rank_jointly(
    feats: JointFeatures, k: int
) -> tuple[Tensor, Tensor, Tensor]:
    """One walk over all distances keeps what the re-ranking needs.

    Distances are symmetric: each chunk meets itself and the images after it,
    which thereby have met the chunk. Equal distances are taken in index
    order.

    Args:
        feats (JointFeatures): All images.
        k (int): K, at most N.

    Returns:
        tuple[Tensor, Tensor, Tensor]: Squared query-gallery distances,
        (Q, G); the K nearest images of each, nearest first, (N, K); the
        largest squared distance of each, (N,).
    """
    num, num_queries = len(feats), feats.num_queries
    gallery = feats.parts[1]
    original = gallery.new_empty(num_queries, len(gallery))
    neighbors = Neighbors(num, k, gallery)
    for chunk in torch.arange(num, device=gallery.device).split(_CHUNK_ROWS):
        first, stop = int(chunk[0]), int(chunk[-1]) + 1
        distances = feats.distances(chunk, first)
        neighbors.show(slice(first, stop), first, distances)
        if stop < num:
            later = distances[:, stop - first :].T
            neighbors.show(slice(stop, num), first, later)
        if first < num_queries:
            rows = original[first:stop]
            rows.copy_(distances[: len(rows), num_queries - first :])
    _order_ties(neighbors, feats)
    return original, neighbors.images[:, :k], neighbors.farthest


def _order_ties(neighbors: Neighbors, feats: JointFeatures) -> None:
    """Rank images with equally distant neighbors again, in a stable way."""
    equal = neighbors.nearest[:, 1:] == neighbors.nearest[:, :-1]
    tied = equal.any(dim=1).nonzero().flatten()
    size = neighbors.images.shape[1]
    for images in tied.split(_CHUNK_ROWS):
        order = feats.distances(images).argsort(dim=1, stable=True)
        neighbors.images[images] = order[:, :size]
