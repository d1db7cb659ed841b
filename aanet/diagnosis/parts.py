"""What each part of a feature is worth, and how much the parts differ.

Letters: N images, P parts, D entries of a part.
"""

import numpy as np

from aanet.evaluation.functional import rank_features
from aanet.evaluation.metrics.feature_set import FeatureSet


def split_parts(features: np.ndarray, num_parts: int) -> np.ndarray:
    """Cut features into their parts, each of length 1.

    Args:
        features (np.ndarray): Shape (N, P * D).
        num_parts (int): P.

    Returns:
        np.ndarray: Shape (N, P, D); a part that is 0 stays 0.

    Raises:
        ValueError: If the features have no such number of equal parts.
    """
    count, length = features.shape
    if num_parts < 2 or length % num_parts:
        raise ValueError(
            f'features of {length} numbers have no {num_parts} equal parts: '
            'give the num_parts of the head, 2 or more.'
        )
    parts = features.reshape(count, num_parts, -1)
    norms = np.linalg.norm(parts, axis=2, keepdims=True)
    return parts / np.maximum(norms, np.finfo(parts.dtype).tiny)


def mean_cosine(parts: np.ndarray) -> float:
    """How alike the parts of one image are.

    Args:
        parts (np.ndarray): Parts of length 1, shape (N, P, D).

    Returns:
        float: Cosine of two different parts of an image, mean over all
        pairs and images.
    """
    count, num_parts = parts.shape[:2]
    all_pairs = np.square(np.linalg.norm(parts.sum(1), axis=1)).sum()
    equal_pairs = np.square(parts).sum()
    pairs = count * num_parts * (num_parts - 1)
    return float((all_pairs - equal_pairs) / pairs)


def part_figures(
    query: FeatureSet, gallery: FeatureSet, num_parts: int
) -> dict[str, float]:
    """Score each part alone, and all of them together.

    Args:
        query (FeatureSet): The query images.
        gallery (FeatureSet): The gallery images.
        num_parts (int): P, equal parts one after the other in a feature.

    Returns:
        dict[str, float]: ``part 1/mAP``, ``part 1/Rank-1`` and so on from
        the head down, and ``all parts/mAP``, ``all parts/Rank-1``, in
        percent, by cosine distance; ``cosine of two parts``, the mean over
        the parts of the query images.

    Raises:
        ValueError: If the features have no such parts or cannot be ranked.
    """
    q_parts = split_parts(query.features, num_parts)
    g_parts = split_parts(gallery.features, num_parts)
    chosen = {
        f'part {number + 1}': slice(number, number + 1)
        for number in range(num_parts)
    }
    chosen['all parts'] = slice(num_parts)
    figures = {}
    for name, columns in chosen.items():
        result = rank_features(
            q_parts[:, columns].reshape(len(q_parts), -1),
            g_parts[:, columns].reshape(len(g_parts), -1),
            query.pids,
            gallery.pids,
            query.camids,
            gallery.camids,
        )
        figures[f'{name}/mAP'] = 100 * float(result.mAP)
        figures[f'{name}/Rank-1'] = 100 * float(result.cmc[0])
    figures['cosine of two parts'] = mean_cosine(q_parts)
    return figures
