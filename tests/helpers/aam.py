"""The alignment mechanism image by image, with plain loops (Eq. 3 to 7)."""

from itertools import combinations

import torch
import torch.nn.functional as F
from torch import Tensor


def kept(profile: Tensor, threshold: float, mode: str) -> list[int]:
    """Rows or columns whose mean reaches the threshold."""
    values = profile.tolist()
    low, high = min(values), max(values)
    level = {
        'abs': threshold,
        'rel': threshold * high,
        'minmax': low + threshold * (high - low),
    }[mode]
    return [index for index, value in enumerate(values) if value >= level]


def naive_vector(
    image_map: Tensor,
    threshold_h: float,
    threshold_w: float,
    mode: str,
    length: int,
) -> Tensor:
    """Crop one map in [0, 1], mean over its width, resize its height."""
    rows = kept(image_map.detach().mean(1), threshold_h, mode)
    columns = kept(image_map.detach().mean(0), threshold_w, mode)
    rows = rows or list(range(image_map.shape[0]))
    columns = columns or list(range(image_map.shape[1]))
    crop = image_map[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    vector = crop.mean(1)[None, None]
    return F.interpolate(
        vector, size=length, mode='linear', align_corners=False
    )[0, 0]


def naive_acd(
    feats: Tensor,
    labels: list[int],
    weight: Tensor,
    mode: str = 'abs',
    threshold_h: float = 0.3,
    threshold_w: float = 0.3,
) -> Tensor:
    """Mean over identities of the mean cosine distance of their pairs."""
    vectors: dict[int, list[Tensor]] = {}
    for feat, label in zip(feats, labels, strict=True):
        cam = sum(
            w * channel for w, channel in zip(weight[label], feat, strict=True)
        )
        low, high = cam.min(), cam.max()
        if high - low <= 1e-6:
            continue
        vector = naive_vector(
            (cam - low) / (high - low),
            threshold_h,
            threshold_w,
            mode,
            len(cam),
        )
        vectors.setdefault(label, []).append(vector)
    per_identity = []
    for members in vectors.values():
        pairs = [
            1 - F.cosine_similarity(a, b, dim=0)
            for a, b in combinations(members, 2)
        ]
        if pairs:
            per_identity.append(sum(pairs) / len(pairs))
    return torch.stack(per_identity).mean()
