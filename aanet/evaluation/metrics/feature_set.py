"""The features that a metric has collected, with what is known of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from aanet.utils.safe_saving import whole_file

SPLITS = ('query', 'gallery')

_LABELS = {
    'pids': 'pid',
    'camids': 'camid',
    'splits': 'split',
    'img_paths': 'img_path',
}

_REQUIRED_FIELDS = {
    'pred_feature': 'the head of the model must set it in predict()',
    'gt_label': 'the data set must give every query and gallery image one',
    'split': "list it in the meta_keys of the test pipeline's PackInputs",
}


@dataclass(frozen=True)
class FeatureSet:
    """Features of N images of dimension D.

    Attributes:
        features (np.ndarray): Shape (N, D), float32.
        pids (np.ndarray): Identities, shape (N,), int64.
        camids (np.ndarray): Cameras, -1 where unknown, shape (N,), int64.
        splits (np.ndarray): ``'query'`` or ``'gallery'``, shape (N,).
        img_paths (np.ndarray): File names, shape (N,).
    """

    features: np.ndarray
    pids: np.ndarray
    camids: np.ndarray
    splits: np.ndarray
    img_paths: np.ndarray

    @classmethod
    def from_results(cls, results: Sequence[dict[str, Any]]) -> 'FeatureSet':
        """Stack the records of single images.

        Args:
            results (Sequence[dict]): As :func:`record` returns them.

        Returns:
            FeatureSet: All of them, in order.

        Raises:
            ValueError: If query or gallery images are missing.
        """
        labels = list_labels(results)
        check_splits(labels['splits'])
        return cls(
            features=np.stack([result['feature'] for result in results]),
            **{name: np.array(values) for name, values in labels.items()},
        )

    def part(self, split: str) -> 'FeatureSet':
        """The images of one split.

        Args:
            split (str): ``'query'`` or ``'gallery'``.

        Returns:
            FeatureSet: The rows, without a copy if they follow one another,
            as those of a data set do.
        """
        chosen = np.flatnonzero(self.splits == split)
        rows: np.ndarray | slice = chosen
        if len(chosen) and np.ptp(chosen) == len(chosen) - 1:
            rows = slice(chosen[0], chosen[-1] + 1)
        return FeatureSet(
            **{name: array[rows] for name, array in vars(self).items()}
        )

    def save(self, path: str | Path, dataset: str) -> None:
        """Write an ``.npz`` file with one array per attribute.

        The file appears whole or not at all: it is written beside its place
        and then moved there.

        Args:
            path (str | Path): Where to; missing folders are made.
            dataset (str): Name of the data set, saved as ``dataset``.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial, partial.open('wb') as file:
            np.savez(file, **vars(self), dataset=np.array(dataset))


def list_labels(results: Sequence[dict[str, Any]]) -> dict[str, list]:
    """All but the features, attribute by attribute.

    Args:
        results (Sequence[dict]): As :func:`record` returns them.

    Returns:
        dict[str, list]: ``pids``, ``camids``, ``splits``, ``img_paths``.
    """
    return {
        name: [result[field] for result in results]
        for name, field in _LABELS.items()
    }


def check_splits(splits: Sequence[str]) -> None:
    """Refuse to rank without queries or without a gallery.

    Args:
        splits (Sequence[str]): That of each image.

    Raises:
        ValueError: If one of the two is missing.
    """
    counts = {split: splits.count(split) for split in SPLITS}
    if not all(counts.values()):
        raise ValueError(
            f'ReIDMetric got {counts["query"]} query and '
            f'{counts["gallery"]} gallery images, and needs both: let '
            "the val/test data set of the config be one with split='test' "
            '(query and gallery together).'
        )


def record(sample: dict[str, Any]) -> dict[str, Any]:
    """What is kept of one image, with no memory shared with the batch.

    Args:
        sample (dict): ``pred_feature`` (D,), ``gt_label`` (one identity),
            ``split``, and if known ``camid`` and ``img_path``.

    Returns:
        dict: What :meth:`FeatureSet.from_results` takes.

    Raises:
        ValueError: If a field is missing or the split is unknown.
    """
    for field, source in _REQUIRED_FIELDS.items():
        if field not in sample:
            raise ValueError(
                f'ReIDMetric misses {field!r} in a data sample: {source}.'
            )
    if sample['split'] not in SPLITS:
        raise ValueError(
            f"ReIDMetric needs images of the split 'query' or 'gallery', not "
            f'{sample["split"]!r}: check the val/test data set.'
        )
    camid = sample.get('camid')
    feature = sample['pred_feature'].detach().cpu().to(torch.float32)
    return {
        'feature': feature.numpy().copy(),
        'pid': int(sample['gt_label']),
        'camid': -1 if camid is None else int(camid),
        'split': sample['split'],
        'img_path': str(sample.get('img_path', '')),
    }
