import numpy as np
import pytest

from aanet.apis.calibration import find_threshold
from aanet.apis.entries import Entries
from aanet.apis.threshold import Threshold
from aanet.evaluation.functional import pairwise_distance


def people(seed, number, ids, noise=0.6, dims=8):
    """Features around a center for each identity, ids and cameras."""
    rng = np.random.default_rng(seed)
    pids = rng.integers(1, ids + 1, number)
    centers = np.random.default_rng(7).normal(size=(ids + 1, dims))
    feats = centers[pids] + noise * rng.normal(size=(number, dims))
    return feats.astype(np.float32), pids, rng.integers(-1, 3, number)


def find(images, entries=None, fpr=1e-2, per='pair', distance='cosine'):
    entries = Entries.of(images[0][:0]) if entries is None else entries
    return find_threshold(*images, entries, fpr, per, distance)


@pytest.mark.parametrize('distance', ['cosine', 'euclidean'])
@pytest.mark.parametrize('fpr', [1e-1, 1e-3])
def test_pairs_have_the_rates_that_it_says(distance, fpr):
    images = feats, pids, camids = people(0, 200, 20)
    found = find(images, fpr=fpr, distance=distance)
    distances = pairwise_distance(feats, feats, distance).numpy()
    upper = np.triu(np.ones_like(distances, bool), 1)
    same = pids[:, None] == pids
    one_view = (camids[:, None] == camids) & (camids != -1)
    negatives, matches = upper & ~same, upper & same & ~one_view
    accepted = distances < found.value
    assert found.negatives == negatives.sum()
    assert found.matches == matches.sum()
    # Rounding differs between the halves of the matrix.
    slack = 1.01 / negatives.sum()
    assert abs(accepted[negatives].mean() - fpr) <= slack
    assert found.tpr == pytest.approx(accepted[matches].mean(), abs=0.01)


def test_an_image_is_never_its_own_match():
    feats, pids, _ = people(0, 60, 4, noise=5)
    for camids in (None, np.full(60, -1), np.zeros(60, int) - 1):
        found = find((feats, pids, camids), fpr=1e-3)
        assert found.tpr < 0.2


def test_strangers_have_the_rate_that_it_says():
    images = feats, pids, camids = people(0, 300, 30)
    gallery = people(1, 150, 20)
    entries = Entries.of(*gallery)
    found = find(images, entries, fpr=0.05, per='query')
    distances = pairwise_distance(feats, gallery[0]).numpy()
    same = pids[:, None] == gallery[1]
    own_view = (camids[:, None] == gallery[2]) & (camids[:, None] != -1)
    nearest = np.where(same, np.inf, distances).min(axis=1)
    mates = np.where(same & ~own_view, distances, np.inf).min(axis=1)
    assert (nearest < found.value).mean() == pytest.approx(0.05, abs=1 / 300)
    assert found.negatives == 300
    known = np.isfinite(mates)
    assert found.matches == known.sum()
    accepted = (mates[known] < found.value).mean()
    assert found.tpr == pytest.approx(accepted, abs=0.01)


def test_rounding_does_not_decide_about_a_stranger():
    feats, pids, camids = people(0, 100, 10)
    entries = Entries.of(*people(1, 50, 10))
    found = find((feats, pids, camids), entries, fpr=0.1, per='query')
    others = np.where(pids[:, None] == entries.pids, np.inf, 0)
    distances = pairwise_distance(feats, entries.features).numpy()
    nearest = np.sort((distances + others).min(axis=1))
    assert found.value == pytest.approx(nearest[9:11].mean(), rel=1e-6)
    assert nearest[9] < found.value - 1e-6 < found.value + 1e-6 < nearest[10]


def test_entries_without_an_identity_are_of_strangers():
    images = people(0, 100, 10)
    entries = Entries.of(people(1, 50, 10)[0])
    found = find(images, entries, fpr=0.1, per='query')
    assert (found.negatives, found.matches, found.tpr) == (100, 0, None)


def test_images_without_an_identity_are_left_out():
    feats, pids, camids = people(0, 200, 20)
    wanted = find((feats[:150], pids[:150], camids[:150]))
    pids[150:] = np.arange(50) % 2 - 1
    assert find((feats, pids, camids)) == wanted


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'fpr': 1e-6}, 'at least 1000000 pairs .* but there are'),
        ({'fpr': 1e-3, 'per': 'query'}, 'at least 1000 images whose'),
        ({'fpr': 0.0}, 'between 0 and 1, not 0.0'),
        ({'fpr': 1.0}, 'between 0 and 1'),
        ({'per': 'person'}, "one of .'pair', 'query'., not 'person'"),
    ],
)
def test_what_cannot_be_told_is_named(changes, message):
    images = people(0, 50, 5)
    with pytest.raises(ValueError, match=message):
        find(images, Entries.of(*people(1, 20, 5)), **changes)


def test_identities_are_needed():
    feats, pids, camids = people(0, 50, 5)
    for missing in (None, 0 * pids, 0 * pids - 1):
        with pytest.raises(ValueError, match='identities are known'):
            find((feats, missing, camids))


def test_it_comes_back_from_a_dict():
    found = find(people(0, 100, 10))
    assert Threshold.from_dict(found.as_dict()) == found
    for change in ({'value': float('inf')}, {'per': 'x'}, {'value': 'a'}):
        with pytest.raises(ValueError, match='damaged'):
            Threshold.from_dict({**found.as_dict(), **change})
    assert '1% of' in str(found) and 'matches' in str(found)
