"""Distances from chunks of query features to a gallery.

Letters: B queries of a chunk, Q queries, G gallery images, D feature
dimensions.
"""

from typing import Protocol

import torch
from torch import Tensor

from aanet.evaluation.functional.inputs import ArrayLike, as_features


class GalleryDistance(Protocol):
    """Distances to one gallery, whose norms are computed only once."""

    def __call__(self, feats: Tensor, out: Tensor | None = None) -> Tensor:
        """Features (B, D) to distances (B, G), in ``out`` if it is given."""


class CosineDistance:
    r"""One minus the cosine of the angle between two features.

    .. math:: d(q, g) = 1 - \frac{q \cdot g}{\|q\| \|g\|}

    The gallery's norms scale the product, so no normalized copy of the
    gallery is made. A feature of zeros has distance 1 to everything.

    Args:
        g_feats (Tensor): Gallery features, shape (G, D).
    """

    def __init__(self, g_feats: Tensor) -> None:
        self.g_feats = g_feats
        self.scale = inverse_norm(g_feats)
        self.one = g_feats.new_ones(())

    def __call__(self, feats: Tensor, out: Tensor | None = None) -> Tensor:
        """Features (B, D) to distances (B, G) in [0, 2], up to rounding."""
        negated = feats * -inverse_norm(feats)[:, None]
        product = torch.mm(negated, self.g_feats.T, out=out)
        return torch.addcmul(self.one, product, self.scale, out=product)


class SquaredEuclideanDistance:
    r"""Squared Euclidean distance, in the order of the distance itself.

    .. math:: d^2(q, g) = \|q\|^2 + \|g\|^2 - 2 q \cdot g

    Rounding below zero is cut off.

    Args:
        g_feats (Tensor): Gallery features, shape (G, D).
        squares (Tensor | None): Their squared norms, shape (G,), if they are
            known. Defaults to None.
        scale (Tensor | None): Factors of the gallery features, shape (G,),
            which spare a scaled copy; ``squares`` are those of the scaled
            features. Defaults to None.
    """

    def __init__(
        self,
        g_feats: Tensor,
        squares: Tensor | None = None,
        scale: Tensor | None = None,
    ) -> None:
        self.g_feats = g_feats
        self.squares = _squares(g_feats) if squares is None else squares
        self.scale = scale

    def __call__(self, feats: Tensor, out: Tensor | None = None) -> Tensor:
        """Features (B, D) to squared distances (B, G)."""
        product = torch.mm(feats * -2, self.g_feats.T, out=out)
        if self.scale is not None:
            product *= self.scale
        product += self.squares
        product += _squares(feats)[:, None]
        return product.clamp_(min=0)


_DISTANCES: dict[str, type] = {
    'cosine': CosineDistance,
    'euclidean': SquaredEuclideanDistance,
}


def check_distance(distance: str) -> None:
    """Refuse an unknown name.

    Args:
        distance (str): ``'cosine'`` or ``'euclidean'``.

    Raises:
        ValueError: If it is neither.
    """
    if distance not in _DISTANCES:
        raise ValueError(
            f'distance must be one of {sorted(_DISTANCES)}, not {distance!r}.'
        )


def ranking_distance(distance: str, g_feats: Tensor) -> GalleryDistance:
    """What to sort by: the cosine, or the squared Euclidean distance.

    Args:
        distance (str): ``'cosine'`` or ``'euclidean'``.
        g_feats (Tensor): Gallery features, shape (G, D).

    Returns:
        GalleryDistance: Maps query features to distances.

    Raises:
        ValueError: If the name is unknown.
    """
    check_distance(distance)
    return _DISTANCES[distance](g_feats)


def pairwise_distance(
    q_feats: ArrayLike, g_feats: ArrayLike, distance: str = 'cosine'
) -> Tensor:
    """The whole (Q, G) matrix of distances, for small problems.

    Args:
        q_feats (ArrayLike): Query features, shape (Q, D).
        g_feats (ArrayLike): Gallery features, shape (G, D).
        distance (str): ``'cosine'`` (1 - cosine) or ``'euclidean'`` (not
            squared). Defaults to ``'cosine'``.

    Returns:
        Tensor: Distances on the device of the gallery.

    Raises:
        ValueError: If the shapes do not fit, or the name is unknown.
    """
    queries, gallery = as_features(q_feats, g_feats)
    distances = ranking_distance(distance, gallery)(queries)
    return distances.sqrt_() if distance == 'euclidean' else distances


def _squares(feats: Tensor) -> Tensor:
    """Squared norm of each feature, without a squared copy of them all."""
    return torch.cat([rows.square().sum(dim=1) for rows in feats.split(512)])


def inverse_norm(feats: Tensor) -> Tensor:
    """What scales features to length one.

    Args:
        feats (Tensor): Shape (N, D).

    Returns:
        Tensor: Factors, shape (N,); features of zeros stay zeros.
    """
    norm = torch.linalg.vector_norm(feats, dim=1)
    return norm.clamp_(min=torch.finfo(norm.dtype).tiny).reciprocal_()
