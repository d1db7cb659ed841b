"""What parts of a feature are worth, by hand and with a plain loop."""

import numpy as np
import pytest

from aanet.diagnosis import part_figures
from aanet.diagnosis.parts import mean_cosine, split_parts
from aanet.evaluation.metrics.feature_set import FeatureSet


def feature_set(features, pids, camid, split):
    """Images of one camera."""
    count = len(pids)
    return FeatureSet(
        features=np.asarray(features, np.float32),
        pids=np.asarray(pids),
        camids=np.full(count, camid),
        splits=np.full(count, split),
        img_paths=np.full(count, ''),
    )


def drawn_sets(length=12):
    """Six queries and 40 gallery images of five people."""
    rng = np.random.default_rng(0)
    people = rng.normal(size=(5, length))

    def draw(count, camid, split):
        pids = rng.integers(0, 5, count)
        noise = rng.normal(size=(count, length))
        return feature_set(people[pids] + 2 * noise, pids, camid, split)

    return draw(6, 0, 'query'), draw(40, 1, 'gallery')


def mean_ap(query, gallery, columns, num_parts):
    """Mean average precision of some columns, one query at a time."""
    units = []
    for images in (query, gallery):
        chosen = images.features[:, columns].astype(np.float64)
        blocks = np.split(chosen, num_parts, axis=1)
        units.append(
            np.hstack([b / np.linalg.norm(b, axis=1)[:, None] for b in blocks])
        )
    precisions = []
    for unit, pid in zip(units[0], query.pids, strict=True):
        cosines = units[1] @ unit
        hits = (gallery.pids == pid)[np.argsort(-cosines)]
        ranks = np.flatnonzero(hits) + 1
        precisions.append(np.mean(np.arange(1, len(ranks) + 1) / ranks))
    return 100 * np.mean(precisions)


def test_cosine_of_parts_by_hand():
    """Alike, at a right angle, opposite."""
    features = np.array([[1.0, 0, 2, 0], [1, 0, 0, 3], [1, 0, -1, 0]])
    parts = split_parts(features, 2)
    cosines = [mean_cosine(part[None]) for part in parts]
    assert cosines == pytest.approx([1, 0, -1])
    assert mean_cosine(parts) == pytest.approx(0)


def test_cosine_is_the_mean_over_all_pairs():
    parts = split_parts(np.random.default_rng(1).normal(size=(7, 20)), 4)
    cosines = np.einsum('npd,nqd->npq', parts, parts)
    other = ~np.eye(4, dtype=bool)
    assert mean_cosine(parts) == pytest.approx(cosines[:, other].mean())


def test_an_empty_part_stays_empty():
    parts = split_parts(np.array([[0.0, 0, 3, 4]]), 2)
    assert parts.tolist() == [[[0, 0], [0.6, 0.8]]]


def test_each_part_and_all_against_a_loop():
    query, gallery = drawn_sets()
    figures = part_figures(query, gallery, 3)
    for number in range(3):
        columns = slice(4 * number, 4 * number + 4)
        expected = mean_ap(query, gallery, columns, 1)
        assert figures[f'part {number + 1}/mAP'] == pytest.approx(expected)
    expected = mean_ap(query, gallery, slice(None), 3)
    assert figures['all parts/mAP'] == pytest.approx(expected)


def test_the_part_that_knows_the_person_stands_out():
    """One part is the identity, the other one constant."""
    known = np.hstack([np.eye(4), np.ones((4, 4))])
    query = feature_set(known, range(4), 0, 'query')
    gallery = feature_set(known, range(4), 1, 'gallery')
    figures = part_figures(query, gallery, 2)
    assert figures['part 1/mAP'] == figures['part 1/Rank-1'] == 100
    assert figures['part 2/Rank-1'] < 100
    assert figures['all parts/mAP'] == 100
    assert figures['cosine of two parts'] == pytest.approx(0.5)


def test_the_length_of_a_part_does_not_matter():
    query, gallery = drawn_sets()
    scale = np.repeat([0.1, 1, 30], 4).astype(np.float32)
    longer = [
        feature_set(s.features * scale, s.pids, c, s.splits[0])
        for s, c in ((query, 0), (gallery, 1))
    ]
    expected = part_figures(query, gallery, 3)
    assert part_figures(*longer, 3) == pytest.approx(expected)


@pytest.mark.parametrize('num_parts', [-2, 0, 1, 5, 24])
def test_parts_must_divide_the_feature(num_parts):
    query, gallery = drawn_sets()
    with pytest.raises(ValueError, match=f'12 numbers have no {num_parts} eq'):
        part_figures(query, gallery, num_parts)
