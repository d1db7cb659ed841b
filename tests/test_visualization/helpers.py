"""Small sets of features with pictures to go with them."""

from pathlib import Path

import numpy as np

from aanet.evaluation.metrics.feature_set import FeatureSet
from aanet.visualization.pictures import save_png

QUERY_IDS = ([1, 2], [0, 1])
GALLERY_IDS = ([1, 1, 2, 2, 0, -1, 3], [1, 0, 0, 1, 2, 0, -1])
"""Identities and cameras; 0 is a distractor, -1 junk or not known."""


def draw_set(folder: Path, seed: int = 0) -> tuple[FeatureSet, FeatureSet]:
    """Query and gallery with random features and plain pictures."""
    rng = np.random.default_rng(seed)
    parts = []
    for split, ids in (('query', QUERY_IDS), ('gallery', GALLERY_IDS)):
        pids, camids = map(np.array, ids)
        paths = []
        for index in range(len(pids)):
            color = rng.integers(60, 200, 3)
            image = np.full((16, 8, 3), color, np.uint8)
            paths.append(str(folder / f'{split}_{index}.png'))
            save_png(image, paths[-1])
        parts.append(
            FeatureSet(
                features=rng.normal(size=(len(pids), 5)).astype(np.float32),
                pids=pids,
                camids=camids,
                splits=np.full(len(pids), split),
                img_paths=np.array(paths),
            )
        )
    return parts[0], parts[1]


def join(query: FeatureSet, gallery: FeatureSet) -> FeatureSet:
    """Both in one set."""
    return FeatureSet(
        **{
            name: np.concatenate([array, vars(gallery)[name]])
            for name, array in vars(query).items()
        }
    )


def as_results(features: FeatureSet) -> list[dict]:
    """As a metric collects them."""
    return [
        {
            'feature': features.features[index],
            'pid': int(features.pids[index]),
            'camid': int(features.camids[index]),
            'split': str(features.splits[index]),
            'img_path': str(features.img_paths[index]),
        }
        for index in range(len(features.pids))
    ]
