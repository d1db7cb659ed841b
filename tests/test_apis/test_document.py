"""The how-tos for own images work as they stand, in their order."""

import re
import shutil

import numpy as np
import pytest

from tests.helpers.documents import blocks_of, run_document
from tests.helpers.tools import run_inside

HOW_TOS = ('own_images.md', 'gallery.md', 'deploy.md')
EXCUSES = {
    'installs packages',
    'installs packages, serves until Ctrl+C',
    'takes eight GPUs',
}


@pytest.fixture
def place(tiny, tmp_path, monkeypatch):
    """A folder where the documents find config, checkpoint and set."""
    for name in ('onnxruntime', 'onnxscript'):
        pytest.importorskip(name, reason='the extra [export] is missing')
    for source, target in (
        (tiny.config, 'configs/aanet/aanet_r18_toy.py'),
        (tiny.checkpoint, 'work_dirs/aanet_r18_toy/epoch_11.pth'),
    ):
        (tmp_path / target).parent.mkdir(parents=True)
        shutil.copy(source, tmp_path / target)
    shutil.copytree(tiny.folder / 'toy', tmp_path / 'data' / 'toy_reid')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names_of(place, pattern):
    return {path.name for path in place.glob(pattern)}


@pytest.mark.parametrize('document', HOW_TOS)
def test_what_is_not_run_says_why(document):
    for excuse, language, text in blocks_of(document):
        assert language in ('bash', 'python', 'text'), text
        assert excuse is None or excuse in EXCUSES


def test_own_images_lead_to_answers_and_galleries(place, monkeypatch, capsys):
    ran = run_document('own_images.md', monkeypatch, capsys)
    queries = [run.printed for run in ran if 'gallery.py query' in run.source]
    plain, _, judged, by_file = queries
    assert 'not in the gallery' not in plain
    assert 'not in the gallery' in judged
    assert any('| 100.0% |' in re.sub(' +', ' ', r.printed) for r in ran)
    # The last threshold is of another kind than the one before it.
    _, again = run_inside(
        monkeypatch,
        capsys,
        'tools/gallery.py',
        *('query', 'gallery.npz', 'data/toy_reid/query', '--topk', 5),
    )
    assert 'not in the gallery' in by_file
    assert without_distances(by_file) == without_distances(again.out)

    ran = run_document('gallery.md', monkeypatch, capsys)
    assert names_of(place, '*.npz') == {
        *('gallery.npz', 'features.npz', 'from_features.npz', 'large.npz')
    }
    (program,) = [run.printed for run in ran if run.names]
    crops = sorted((place / 'data/toy_reid/query').iterdir())
    found = [line for line in program.splitlines() if '.jpg True' in line]
    assert len(found) == len(crops)
    assert found[0].startswith(f'data/toy_reid/query/{crops[0].name} True')


def without_distances(text):
    return re.sub(r'\d\.\d{4}', '', text)


def test_models_are_deployed(place, monkeypatch, capsys):
    ran = run_document('deploy.md', monkeypatch, capsys)
    assert names_of(place, '*.onnx') == {'model.onnx', 'int8.onnx'}
    assert len(names_of(place, 'aanet_r18_toy-????????.pth')) == 1
    inferencer, arrays, alone = [run.names for run in ran if run.names]
    assert arrays['features'].shape == (2, inferencer['features'].shape[1])
    # Both begin with the same picture, one of them without this package.
    np.testing.assert_allclose(
        alone['features'][0], inferencer['features'][0], atol=1e-6
    )
