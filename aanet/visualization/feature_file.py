"""Features of a test set: from a file, or from a model."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from mmengine.model import BaseModel
from mmengine.utils import track_iter_progress
from torch.utils.data import DataLoader

from aanet.evaluation.metrics.feature_set import FeatureSet, record

_FIELDS = tuple(FeatureSet.__dataclass_fields__)


def load_features(path: str | Path) -> tuple[FeatureSet, str]:
    """Read what ``tools/test.py --out`` wrote.

    Args:
        path (str | Path): Path of the ``.npz`` file.

    Returns:
        tuple[FeatureSet, str]: The features and the name of the data set.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f'feature file {path} does not exist: '
            'tools/test.py --out FILE.npz writes one.'
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in (*_FIELDS, 'dataset')}
    except (KeyError, ValueError, OSError, BadZipFile) as error:
        raise ValueError(
            f'{path} is no feature file ({error}): '
            'tools/test.py --out FILE.npz writes one.'
        ) from error
    dataset = str(arrays.pop('dataset'))
    return FeatureSet(**arrays), dataset


@torch.no_grad()
def extract_features(model: BaseModel, loader: DataLoader) -> FeatureSet:
    """Extract the features of a test set, with a progress bar.

    Args:
        model (BaseModel): The model, in evaluation mode.
        loader (DataLoader): Batches of query and gallery images.

    Returns:
        FeatureSet: What the metric would have collected.
    """
    results: list[dict] = []
    for batch in track_iter_progress((loader, len(loader))):
        samples = model.test_step(batch)
        results.extend(record(sample.to_dict()) for sample in samples)
    return FeatureSet.from_results(results)
