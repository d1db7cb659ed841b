"""Queries and gallery as one list of images.

Letters: N = Q + G images, the queries first; B of them asked for; D feature
dimensions.
"""

import torch
from torch import Tensor

from aanet.evaluation.functional.distance import SquaredEuclideanDistance


class JointFeatures:
    """Queries and gallery as one list of N images, without a joint copy.

    Args:
        q_feats (Tensor): Query features, shape (Q, D).
        g_feats (Tensor): Gallery features, shape (G, D).

    Raises:
        ValueError: If a feature is not finite.
    """

    def __init__(self, q_feats: Tensor, g_feats: Tensor) -> None:
        self.num_queries = len(q_feats)
        self.parts = q_feats, g_feats
        self._squares = tuple(
            SquaredEuclideanDistance(part).squares for part in self.parts
        )
        for name, squares in zip(
            ('query', 'gallery image'), self._squares, strict=True
        ):
            bad = (~torch.isfinite(squares)).nonzero()
            if len(bad):
                raise ValueError(
                    f'the features of {name} {int(bad[0])} cannot be ranked: '
                    'they hold NaN, infinite or huge numbers.'
                )

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def take(self, images: Tensor) -> Tensor:
        """Features of some images.

        Args:
            images (Tensor): Indices, shape (B,), int64.

        Returns:
            Tensor: A copy, shape (B, D).
        """
        queries, gallery = self.parts
        is_query = images < self.num_queries
        feats = gallery.new_empty(len(images), gallery.shape[1])
        feats[is_query] = queries[images[is_query]]
        feats[~is_query] = gallery[images[~is_query] - self.num_queries]
        return feats

    def distances(self, images: Tensor, first: int = 0) -> Tensor:
        """Squared Euclidean distances of some images to the others.

        Args:
            images (Tensor): Indices, shape (B,), int64.
            first (int): Leave out the images before this one. Defaults to 0.

        Returns:
            Tensor: Shape (B, N - first).
        """
        feats = self.take(images)
        skipped = first, max(0, first - self.num_queries)
        columns = zip(self.parts, self._squares, skipped, strict=True)
        return torch.cat(
            [
                SquaredEuclideanDistance(part[skip:], squares[skip:])(feats)
                for part, squares, skip in columns
            ],
            dim=1,
        )
