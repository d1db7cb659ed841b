"""Queries and gallery as one list of images.

Letters: N = Q + G images, the queries first; B and C of them asked for; D
feature dimensions.
"""

import torch
from torch import Tensor

from aanet.evaluation.functional.distance import (
    SquaredEuclideanDistance,
    inverse_norm,
)


class JointFeatures:
    """Queries and gallery as one list of N images, without a copy of them.

    Args:
        q_feats (Tensor): Query features, shape (Q, D).
        g_feats (Tensor): Gallery features, shape (G, D).
        normalize (bool): Scale the features to length one. Defaults to
            False.

    Raises:
        ValueError: If a feature is not finite.
    """

    def __init__(
        self, q_feats: Tensor, g_feats: Tensor, normalize: bool = False
    ) -> None:
        self.num_queries = len(q_feats)
        self.parts = q_feats, g_feats
        self._scales = [
            inverse_norm(part) if normalize else part.new_ones(len(part))
            for part in self.parts
        ]
        self._squares = [
            SquaredEuclideanDistance(part).squares for part in self.parts
        ]
        for i, name in enumerate(('query', 'gallery image')):
            bad = (~torch.isfinite(self._squares[i])).nonzero()
            if len(bad):
                raise ValueError(
                    f'the features of {name} {int(bad[0])} cannot be ranked: '
                    'they hold NaN, infinite or huge numbers.'
                )
            self._squares[i] *= self._scales[i].square()

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def take(self, images: Tensor) -> Tensor:
        """Features of some images.

        Args:
            images (Tensor): Indices, shape (B,), int64.

        Returns:
            Tensor: A copy, shape (B, D).
        """
        gallery = self.parts[1]
        feats = gallery.new_empty(len(images), gallery.shape[1])
        is_query = images < self.num_queries
        for i, chosen in enumerate((is_query, ~is_query)):
            rows = images[chosen] - i * self.num_queries
            feats[chosen] = self.parts[i][rows] * self._scales[i][rows, None]
        return feats

    def between(self, images: Tensor, others: Tensor) -> Tensor:
        """Squared Euclidean distances of some images to some others.

        Args:
            images (Tensor): Indices, shape (B,), int64.
            others (Tensor): Indices, shape (C,), int64.

        Returns:
            Tensor: Shape (B, C).
        """
        squares = torch.cat(self._squares)[others]
        return SquaredEuclideanDistance(self.take(others), squares)(
            self.take(images)
        )

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
        columns = zip(
            self.parts, self._squares, self._scales, skipped, strict=True
        )
        return torch.cat(
            [
                SquaredEuclideanDistance(
                    part[skip:], squares[skip:], scale[skip:]
                )(feats)
                for part, squares, scale, skip in columns
            ],
            dim=1,
        )
