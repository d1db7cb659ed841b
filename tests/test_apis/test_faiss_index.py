import sys

import numpy as np
import pytest

from aanet.apis.entries import Entries
from aanet.apis.gallery_search import GallerySearch
from aanet.apis.search_settings import SearchSettings

REASON = 'large galleries are optional: pip install -e .[search]'
LEAST_RECALL = {'flat': 1.0, 'ivf': 0.8, 'hnsw': 0.95}


@pytest.fixture
def faiss():
    return pytest.importorskip('faiss', reason=REASON)


def clusters(seed, number, dims=16):
    """Features around 50 centers."""
    rng = np.random.default_rng(seed)
    centers = np.random.default_rng(99).normal(size=(50, dims))
    feats = centers[rng.integers(0, 50, number)]
    return (feats + 0.4 * rng.normal(size=feats.shape)).astype(np.float32)


def make(kind, distance='cosine', **settings):
    settings = {'index_from': 1, 'nprobe': 16, **settings}
    return GallerySearch(SearchSettings(kind, **settings), distance)


def recall(search, queries, entries, allowed=None, topk=10):
    found = search(queries, entries, topk, allowed)
    exact = search.exact(queries, entries, topk, allowed)
    assert found.rows.shape == exact.rows.shape
    assert (np.diff(found.distances, axis=1) >= 0).all()
    if allowed is not None:
        assert allowed[found.rows].all()
    pairs = zip(found.rows, exact.rows, strict=True)
    return np.mean([np.isin(a, b).mean() for a, b in pairs])


@pytest.mark.parametrize('distance', ['cosine', 'euclidean'])
@pytest.mark.parametrize('kind', list(LEAST_RECALL))
def test_it_finds_the_nearest(faiss, kind, distance):
    entries, queries = Entries.of(clusters(0, 3000)), clusters(1, 40)
    search = make(kind, distance)
    assert recall(search, queries, entries) >= LEAST_RECALL[kind]
    if kind == 'flat':
        found, exact = (
            method(queries, entries, 10) for method in (search, search.exact)
        )
        np.testing.assert_array_equal(found.rows, exact.rows)
        np.testing.assert_allclose(found.distances, exact.distances, atol=1e-5)


@pytest.mark.parametrize('kind', list(LEAST_RECALL))
def test_it_follows_a_gallery_that_changes(faiss, kind):
    search, queries = make(kind), clusters(1, 20)
    entries = Entries.of(clusters(0, 1000))
    rng = np.random.default_rng(2)
    first_uid = 1000
    for step in range(6):
        assert recall(search, queries, entries) >= LEAST_RECALL[kind]
        entries = entries.chosen(rng.random(len(entries)) < 0.7)
        new = clusters(3 + step, 200)
        entries = entries.joined(Entries.of(new, first_uid=first_uid))
        first_uid += 200
    assert search.index is not None


@pytest.mark.parametrize('kind', list(LEAST_RECALL))
def test_a_filter_holds_in_the_index(faiss, kind):
    entries, queries = Entries.of(clusters(0, 2000)), clusters(1, 20)
    search = make(kind)
    rng = np.random.default_rng(3)
    for share in (0.9, 0.3):
        allowed = rng.random(2000) < share
        found = recall(search, queries, entries, allowed)
        assert found >= LEAST_RECALL[kind]


def test_what_the_index_misses_is_searched_exactly(faiss):
    # One cell of many, and three entries in all the others.
    entries, queries = Entries.of(clusters(0, 2000)), clusters(1, 20)
    allowed = np.zeros(2000, bool)
    allowed[[5, 70, 900]] = True
    search = make('ivf', nprobe=1, nlist=200)
    found = search(queries, entries, 3, allowed)
    assert (np.sort(found.rows, axis=1) == [5, 70, 900]).all()


@pytest.mark.parametrize('kind', list(LEAST_RECALL))
def test_tiny_and_zero_galleries_work(faiss, kind):
    features = np.eye(3, 4, dtype=np.float32)
    features[1] = 0
    found = make(kind)(features, Entries.of(features), 10)
    assert found.rows.shape == (3, 3)
    assert found.rows[0, 0] == 0 and found.rows[2, 0] == 2
    np.testing.assert_allclose(found.distances[1], 1)


def test_the_cells_grow_with_the_gallery(faiss):
    search = make('ivf')
    entries = Entries.of(clusters(0, 100))
    search.prepare(entries)
    more = entries.joined(Entries.of(clusters(1, 900), first_uid=100))
    queries = clusters(2, 20)
    assert recall(search, queries, more) >= LEAST_RECALL['ivf']
    assert search.index._trained_on == 1000


def test_few_entries_need_no_index(faiss):
    search = make('hnsw', index_from=50)
    entries = Entries.of(clusters(0, 60))
    few = np.arange(60) < 49
    search(clusters(1, 2), entries, 3, few)
    assert search.index is None
    search(clusters(1, 2), entries, 3)
    assert search.index is not None


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'faiss', None)
    with pytest.raises(ImportError, match=r"needs faiss.*'\.\[search\]'"):
        make('flat')(clusters(0, 2), Entries.of(clusters(0, 9)), 3)
