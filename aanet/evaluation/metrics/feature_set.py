"""The features that a metric has collected, with what is known of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from aanet.utils.safe_saving import whole_file

SPLITS = ('query', 'gallery')

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
        splits = [result['split'] for result in results]
        counts = {split: splits.count(split) for split in SPLITS}
        if not all(counts.values()):
            raise ValueError(
                f'ReIDMetric got {counts["query"]} query and '
                f'{counts["gallery"]} gallery images, and needs both: let '
                "the val/test data set of the config be one with split='test' "
                '(query and gallery together).'
            )
        return cls(
            features=np.stack([result['feature'] for result in results]),
            pids=np.array([result['pid'] for result in results]),
            camids=np.array([result['camid'] for result in results]),
            splits=np.array(splits),
            img_paths=np.array([result['img_path'] for result in results]),
        )

    def part(self, split: str) -> 'FeatureSet':
        """The images of one split.

        Args:
            split (str): ``'query'`` or ``'gallery'``.

        Returns:
            FeatureSet: Copies of the rows.
        """
        chosen = self.splits == split
        return FeatureSet(
            **{name: array[chosen] for name, array in vars(self).items()}
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
