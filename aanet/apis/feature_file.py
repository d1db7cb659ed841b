"""Feature files: written by tools, read by galleries and others.

An ``.npz`` is what ``tools/test.py --out`` writes, with the model's identity
added. A ``.parquet`` holds a row for each image, with the columns ``path``,
``pid``, ``camid``, ``split`` and ``feature``, a list of float32.

Letters: N images, D numbers of a feature.
"""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from aanet.apis.extracted import ExtractedFeatures
from aanet.apis.model_identity import ModelIdentity
from aanet.evaluation.metrics.feature_set import FeatureSet
from aanet.utils.extras import import_extra
from aanet.utils.safe_saving import whole_file
from aanet.visualization.feature_file import load_features

SUFFIXES = ('.npz', '.parquet')
_ROWS_PER_GROUP = 4096


def check_feature_file(path: str | Path) -> None:
    """Refuse a name that cannot be written, before the work is done.

    Args:
        path (str | Path): Where features shall be written.

    Raises:
        ValueError: If the suffix is unknown.
        ImportError: If a package for it is missing.
    """
    suffix = Path(path).suffix
    if suffix not in SUFFIXES:
        raise ValueError(f'{path} must end in {" or ".join(SUFFIXES)}.')
    if suffix == '.parquet':
        import_extra('pyarrow', 'search')


def save_features(
    path: str | Path,
    features: FeatureSet,
    dataset: str,
    identity: ModelIdentity,
) -> None:
    """Write features; the file appears whole or not at all.

    Args:
        path (str | Path): Where to, ``.npz`` or ``.parquet``; missing
            folders are made.
        features (FeatureSet): Features of N images.
        dataset (str): Where the images come from.
        identity (ModelIdentity): The model.

    Raises:
        ValueError: If the suffix is unknown.
        ImportError: If a package for it is missing.
    """
    check_feature_file(path)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    model = json.dumps(identity.as_dict())
    notes: dict[str, Any] = {'dataset': dataset, 'model': model}
    with whole_file(path) as partial:
        if path.suffix == '.parquet':
            _write_parquet(partial, features, notes)
            return
        with partial.open('wb') as file:
            np.savez(file, **vars(features), **notes)


def _write_parquet(
    path: Path, features: FeatureSet, notes: dict[str, Any]
) -> None:
    arrow: Any = import_extra('pyarrow', 'search')
    parquet: Any = import_extra('pyarrow.parquet', 'search')
    flat = arrow.array(features.features.reshape(-1))
    dims = features.features.shape[1]
    columns = {
        'path': features.img_paths.tolist(),
        'pid': features.pids,
        'camid': features.camids,
        'split': features.splits.tolist(),
        'feature': arrow.FixedSizeListArray.from_arrays(flat, dims),
    }
    table = arrow.table(columns).replace_schema_metadata(notes)
    parquet.write_table(
        table, path, row_group_size=_ROWS_PER_GROUP, use_dictionary=['split']
    )


def read_features(
    path: str | Path, splits: Collection[str] = ('gallery',)
) -> ExtractedFeatures:
    """Read an ``.npz`` of features.

    Args:
        path (str | Path): The file.
        splits (Collection[str]): The images to take, ``'query'`` or
            ``'gallery'``. Defaults to ('gallery',).

    Returns:
        ExtractedFeatures: Features with paths, identities and cameras, and
        the model, if the file tells.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file holds something else, or no such images.
    """
    features, _ = load_features(path)
    rows = np.flatnonzero(np.isin(features.splits, list(splits)))
    if not len(rows):
        raise ValueError(f'{path} has no image of the splits {list(splits)}.')
    return ExtractedFeatures(
        features=features.features[rows],
        paths=features.img_paths[rows].tolist(),
        kept=rows,
        identity=_read_identity(path),
        pids=features.pids[rows],
        camids=features.camids[rows],
    )


def _read_identity(path: str | Path) -> ModelIdentity | None:
    with np.load(path, allow_pickle=False) as file:
        if 'model' not in file:
            return None
        return ModelIdentity.from_dict(json.loads(str(file['model'])))
