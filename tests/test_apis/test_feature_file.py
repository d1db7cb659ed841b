import json
import sys

import numpy as np
import pytest

from aanet.apis.feature_file import read_features, save_features
from aanet.apis.model_identity import ModelIdentity
from aanet.evaluation.metrics.feature_set import FeatureSet
from aanet.visualization import load_features

IDENTITY = ModelIdentity('a.py', 96, 48, 3, False, 'f' * 64, 'w' * 64)
FEATURES = FeatureSet(
    features=np.arange(12, dtype=np.float32).reshape(4, 3),
    pids=np.array([1, 2, 1, 3]),
    camids=np.array([0, -1, 1, 1]),
    splits=np.array(['query', 'gallery', 'gallery', 'query']),
    img_paths=np.array(['a.jpg', 'b.jpg', 'c.jpg', 'ü.jpg']),
)


def test_npz_files_are_those_of_a_test(tmp_path):
    save_features(tmp_path / 'new' / 'f.npz', FEATURES, 'Set', IDENTITY)
    loaded, dataset = load_features(tmp_path / 'new' / 'f.npz')
    assert dataset == 'Set'
    for name, column in vars(FEATURES).items():
        np.testing.assert_array_equal(vars(loaded)[name], column)


def test_a_gallery_reads_some_of_them(tmp_path):
    save_features(tmp_path / 'f.npz', FEATURES, 'Set', IDENTITY)
    read = read_features(tmp_path / 'f.npz')
    assert read.paths == ['b.jpg', 'c.jpg'] and read.identity == IDENTITY
    assert read.pids.tolist() == [2, 1] and read.camids.tolist() == [-1, 1]
    assert len(read_features(tmp_path / 'f.npz', ['gallery', 'query'])) == 4
    with pytest.raises(ValueError, match=r"no image of the splits \['train"):
        read_features(tmp_path / 'f.npz', ['train'])


def test_the_model_of_a_test_is_not_known(tmp_path):
    FEATURES.save(tmp_path / 'f.npz', 'Set')
    assert read_features(tmp_path / 'f.npz').identity is None


def test_parquet_files_hold_a_row_for_each_image(tmp_path):
    parquet = pytest.importorskip(
        'pyarrow.parquet', reason='optional: pip install -e .[search]'
    )
    save_features(tmp_path / 'f.parquet', FEATURES, 'Set', IDENTITY)
    table = parquet.read_table(tmp_path / 'f.parquet')
    read = table.to_pydict()
    assert read.pop('feature') == FEATURES.features.tolist()
    assert read == {
        'path': FEATURES.img_paths.tolist(),
        'pid': FEATURES.pids.tolist(),
        'camid': FEATURES.camids.tolist(),
        'split': FEATURES.splits.tolist(),
    }
    model = json.loads(table.schema.metadata[b'model'])
    assert ModelIdentity.from_dict(model) == IDENTITY


def test_what_cannot_be_written_is_named(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r'f\.csv must end in \.npz or'):
        save_features(tmp_path / 'f.csv', FEATURES, 'Set', IDENTITY)
    monkeypatch.setitem(sys.modules, 'pyarrow', None)
    with pytest.raises(ImportError, match=r"needs pyarrow.*'\.\[search\]'"):
        save_features(tmp_path / 'f.parquet', FEATURES, 'Set', IDENTITY)
    assert not list(tmp_path.iterdir())
