import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aanet.apis import Gallery
from aanet.apis.extracted import ExtractedFeatures
from aanet.apis.model_identity import ModelIdentity

IDENTITY = ModelIdentity('a.py', 96, 48, 2, False, 'f' * 64, 'w' * 64)
# Along the circle, in degrees.
ANGLES = [0, 10, 30, 60, 10, 90]
PIDS = [1, 1, 2, 2, 3, 3]
CAMIDS = [0, 1, 0, 1, -1, -1]
PATHS = [f'{letter}.jpg' for letter in 'abcdef']


def on_circle(*angles):
    radians = np.radians(angles)
    return np.stack([np.cos(radians), np.sin(radians)], 1).astype(np.float32)


def extracted(features, identity=IDENTITY, paths=None):
    number = len(features)
    paths = [''] * number if paths is None else paths
    return ExtractedFeatures(features, paths, np.arange(number), identity)


@pytest.fixture
def gallery():
    made = Gallery()
    made.add(on_circle(*ANGLES), PIDS, CAMIDS, PATHS)
    return made


def names(result):
    return ''.join(hit.path[0] for hit in result.hits)


def test_the_nearest_come_first_and_ties_in_order(gallery):
    near, far = gallery.search(on_circle(9, 80), topk=4)
    assert names(near) == 'beac' and names(far) == 'fdcb'
    wanted = 1 - math.cos(math.radians(1))
    assert near.hits[0].distance == pytest.approx(wanted, abs=1e-6)
    assert near.nearest == near.hits[0].distance
    assert (near.hits[0].pid, near.hits[0].camid) == (1, 1)
    assert near.in_gallery and near.threshold == math.inf


@pytest.mark.parametrize(
    ('filters', 'wanted'),
    [
        ({}, 'abecdf'),
        ({'cameras': [0]}, 'ac'),
        ({'cameras': [0, 1]}, 'abcd'),
        ({'cameras': [-1]}, ''),
        ({'cameras': []}, ''),
        ({'not_cameras': [0]}, 'bedf'),
        ({'not_cameras': [0, 1]}, 'ef'),
        ({'cameras': [0, 1], 'not_cameras': [1]}, 'ac'),
        ({'cameras': [7]}, ''),
    ],
)
def test_cameras_are_filtered(gallery, filters, wanted):
    (result,) = gallery.search(on_circle(0), topk=6, **filters)
    assert names(result) == wanted
    assert (result.nearest == math.inf) == (not wanted)


def test_not_in_the_gallery_is_an_answer(gallery):
    threshold = 1 - math.cos(math.radians(15))
    near, far = gallery.search(on_circle(9, 180), threshold=threshold)
    assert names(near) == 'bea'
    assert not far.in_gallery and far.hits == ()
    assert far.nearest == pytest.approx(1, abs=1e-6)
    assert far.as_dict() == {
        'in_gallery': False,
        'nearest': far.nearest,
        'threshold': threshold,
        'hits': [],
    }


def test_the_calibrated_threshold_is_used(gallery):
    rng = np.random.default_rng(0)
    pids = rng.integers(1, 9, 100)
    feats = on_circle(*(pids * 20 + rng.normal(size=100) * 3))
    found = gallery.calibrate(feats, pids, fpr=0.05)
    assert gallery.threshold == found and 0 < found.value < 0.5
    (result,) = gallery.search(on_circle(200))
    assert not result.in_gallery and result.threshold == found.value
    (result,) = gallery.search(on_circle(200), threshold=math.inf)
    assert len(result.hits) == 6
    with pytest.raises(ValueError, match='identities are known'):
        gallery.calibrate(feats)
    assert gallery.threshold == found


def test_removed_images_are_gone(gallery):
    assert gallery.remove(pids=[2], paths=['a.jpg']) == 3
    assert len(gallery) == 3
    (result,) = gallery.search(on_circle(0))
    assert names(result) == 'bef'
    gallery.add(on_circle(0), [4], paths=['a.jpg'])
    assert names(gallery.search(on_circle(0))[0]) == 'abef'


def test_what_is_not_there_cannot_be_removed(gallery):
    for gone, message in (
        ({'pids': [1, 9]}, 'identity 9 is not in the gallery'),
        ({'paths': ['a.jpg', 'x.jpg']}, r'image x\.jpg is not'),
        ({'paths': ['']}, 'image  is not'),
    ):
        with pytest.raises(ValueError, match=message):
            gallery.remove(**gone)
    assert len(gallery) == 6


def test_images_are_in_there_once(gallery):
    with pytest.raises(ValueError, match=r'c\.jpg would be .* twice \(1 '):
        gallery.add(on_circle(1, 2), paths=['x.jpg', 'c.jpg'])
    with pytest.raises(ValueError, match=r'x\.jpg would be'):
        gallery.add(on_circle(1, 2), paths=['x.jpg', 'x.jpg'])
    assert len(gallery) == 6
    for _ in range(2):
        gallery.add(on_circle(1, 2))
    assert len(gallery) == 10


@pytest.mark.parametrize(
    ('features', 'given', 'message'),
    [
        (np.zeros(3), {}, 'two dimensions'),
        (np.zeros((1, 3)), {}, '3 dimensions and those of the gallery 2'),
        (np.full((1, 2), np.nan), {}, 'image 0 holds NaN'),
        (np.ones((1, 2)), {'pids': [1, 2]}, r'pids .* shape \(1,\)'),
        (np.ones((1, 2)), {'camids': [0.5]}, 'camids must hold integers'),
        (np.ones((1, 2)), {'paths': ['a', 'b']}, 'paths must hold one'),
    ],
)
def test_what_does_not_fit_is_named(gallery, features, given, message):
    with pytest.raises(ValueError, match=message):
        gallery.add(features, **given)
    assert len(gallery) == 6


def test_features_of_another_model_are_refused(gallery):
    made = Gallery()
    made.add(extracted(on_circle(0, 10), paths=['a', 'b']))
    assert made.entries.paths.tolist() == ['a', 'b']
    other = replace(IDENTITY, name='b.py', weights_sha256='x' * 64)
    for refuse in (made.add, made.search, made.calibrate):
        with pytest.raises(ValueError, match=r'made with .* a\.py .*b\.py'):
            refuse(extracted(on_circle(5), other))
    # Bare arrays say nothing of their model.
    made.search(on_circle(5))
    gallery.search(extracted(on_circle(5), other))


def test_features_are_copied():
    features = on_circle(0, 90)
    made = Gallery()
    made.add(features)
    features[:] = 7
    assert made.entries.features.max() == 1


def test_an_empty_gallery_says_so():
    with pytest.raises(ValueError, match='the gallery is empty'):
        Gallery().search(on_circle(0))


def test_half_precision(gallery, tmp_path):
    made = Gallery('euclidean', 'float16')
    made.add(torch.from_numpy(on_circle(*ANGLES)))
    made.save(tmp_path / 'g.npz')
    opened = Gallery.open(tmp_path / 'g.npz')
    assert opened.entries.features.dtype == np.float16
    (result,) = opened.search(on_circle(0), topk=3)
    assert [hit.distance for hit in result.hits] == pytest.approx(
        [0, 2 * math.sin(math.radians(5)), 2 * math.sin(math.radians(5))],
        abs=1e-3,
    )
    with pytest.raises(ValueError, match='too large for float16'):
        made.add(np.full((1, 2), 1e6))


def test_bad_options_are_named():
    for options, message in (
        ({'distance': 'manhattan'}, 'one of'),
        ({'dtype': 'int8'}, "not 'int8'"),
        ({'search': {'kind': 'x'}}, 'kind of the search'),
    ):
        with pytest.raises(ValueError, match=message):
            Gallery(**options)


ROWS = st.lists(
    st.tuples(
        st.integers(-1, 5),
        st.integers(-1, 3),
        st.sampled_from('pqrs\n"ü\ud800'),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=30, deadline=None)
@given(ROWS, st.sampled_from(['float16', 'float32']), st.integers(0, 5))
def test_a_gallery_comes_back_as_it_was(tmp_path_factory, rows, dtype, seed):
    pids, camids, letters = zip(*rows, strict=True)
    paths = [f'{letter}{n}' for n, letter in enumerate(letters)]
    made = Gallery('euclidean', dtype, {'kind': 'flat', 'nprobe': 3})
    features = np.random.default_rng(seed).normal(size=(len(rows), 4))
    identity = replace(IDENTITY, feature_dim=4)
    made.add(extracted(features, identity), list(pids), list(camids), paths)
    made.remove(paths=paths[:1])
    path = tmp_path_factory.mktemp('round') / 'g.npz'
    made.save(path)
    opened = Gallery.open(path)
    for name, column in vars(made.entries).items():
        np.testing.assert_array_equal(vars(opened.entries)[name], column)
    assert opened.identity == identity
    assert opened.settings == made.settings
    assert opened.distance == 'euclidean' and opened.threshold is None
    # Numbers are never given again.
    opened.add(features[:1], paths=['new'])
    assert opened.entries.uids[-1] == len(rows)


def test_it_is_built_from_a_folder(tiny, inferencer, extracted):
    made = Gallery.build(
        inferencer, tiny.gallery, names='market1501', dtype='float16'
    )
    entries = made.entries
    number = len(extracted) - len(made)
    assert entries.paths.tolist() == extracted.paths[number:]
    assert set(entries.pids) == {0, 7, 8, 9, 10, 11, 12}
    np.testing.assert_allclose(
        entries.features, extracted.features[number:], atol=1e-3
    )
    results = made.search(extracted, topk=1)
    found = [result.hits[0].path for result in results[number:]]
    assert found == extracted.paths[number:]


def test_recall_of_an_exact_search_is_one(gallery):
    assert gallery.recall(on_circle(3, 50)) == 1


def test_cameras_and_removed_images_with_an_index():
    pytest.importorskip('faiss', reason='optional: pip install -e .[search]')
    rng = np.random.default_rng(0)
    features = rng.normal(size=(500, 8))
    pids, camids = rng.integers(1, 50, 500), rng.integers(-1, 4, 500)
    queries = rng.normal(size=(20, 8))
    exact = Gallery()
    indexed = Gallery(search={'kind': 'flat', 'index_from': 1})
    for made in (exact, indexed):
        made.add(features[:400], pids[:400], camids[:400])
        made.search(queries)
        made.remove(pids=np.unique(pids[:400])[:10].tolist())
        made.add(features[400:], pids[400:], camids[400:])
    for filters in ({}, {'cameras': [1, 2]}, {'not_cameras': [0]}):
        for found, wanted in zip(
            indexed.search(queries, **filters),
            exact.search(queries, **filters),
            strict=True,
        ):
            for a, b in zip(found.hits, wanted.hits, strict=True):
                assert (a.pid, a.camid) == (b.pid, b.camid)
                assert a.distance == pytest.approx(b.distance, abs=1e-5)
    assert indexed.recall(queries) == 1
