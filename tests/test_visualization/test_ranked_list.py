import numpy as np
import pytest

from aanet.evaluation.functional import rank_distmat
from aanet.evaluation.functional.chunks import compare_distmat
from aanet.visualization.ranked_list import ranked_lists


def random_problem(seed, levels=None, queries=9, gallery=40):
    """Distances and ids with junk; few ``levels`` make many ties."""
    rng = np.random.default_rng(seed)
    distmat = rng.random((queries, gallery))
    if levels:
        distmat = np.floor(distmat * levels)
    g_pids = rng.integers(-1, 5, gallery)
    q_pids = rng.integers(1, 5, queries)
    ids = (
        q_pids,
        g_pids,
        rng.integers(-1, 3, queries),
        rng.integers(0, 3, gallery),
    )
    return distmat, ids


def naive_order(row, q_pid, g_pids, q_cam, g_cams):
    """Gallery indices by distance, then by index, without junk."""
    kept = [
        j
        for j in range(len(row))
        if g_pids[j] != -1
        and not (g_pids[j] == q_pid and g_cams[j] == q_cam and q_cam != -1)
    ]
    return sorted(kept, key=lambda j: (row[j], j))


@pytest.mark.parametrize('levels', [None, 3])
@pytest.mark.parametrize('memory', [0.001, 512])
@pytest.mark.parametrize('seed', [0, 1])
def test_pictures_agree_with_the_metric(seed, levels, memory):
    distmat, ids = random_problem(seed, levels)
    result = rank_distmat(distmat, *ids, max_rank=40)
    queries = np.flatnonzero(result.valid)
    lists = ranked_lists(
        *compare_distmat(distmat, ids, memory), queries.tolist(), topk=40
    )
    assert len(lists) > 5
    for item, ap, trapezoid in zip(
        lists, result.ap, result.ap_trapezoid, strict=True
    ):
        # From the green and red frames alone:
        hits = np.flatnonzero(item.right) + 1
        precision = np.arange(1, len(hits) + 1) / hits
        assert precision.mean() == pytest.approx(ap)
        assert item.ap == pytest.approx(ap)
        assert item.ap_trapezoid == pytest.approx(trapezoid)
        assert item.first_match == hits[0]
        assert item.num_matches == len(hits)
        assert item.num_junk == 40 - len(item.gallery)
    first = np.array([item.first_match for item in lists])
    for rank in (1, 5, 10, 40):
        assert result.cmc[rank - 1] == pytest.approx((first <= rank).mean())


@pytest.mark.parametrize('levels', [None, 1, 3])
def test_order_equals_the_protocol_read_aloud(levels):
    distmat, ids = random_problem(2, levels)
    valid = rank_distmat(distmat, *ids).valid
    queries = np.flatnonzero(valid).tolist()
    lists = ranked_lists(*compare_distmat(distmat, ids, 512), queries, 7)
    q_pids, g_pids, q_cams, g_cams = ids
    assert lists
    for item in lists:
        query = item.query
        order = naive_order(
            distmat[query], q_pids[query], g_pids, q_cams[query], g_cams
        )
        assert item.gallery.tolist() == order[:7]
        np.testing.assert_array_equal(
            item.distances, distmat[query, order[:7]]
        )
        np.testing.assert_array_equal(
            item.right, g_pids[order[:7]] == q_pids[query]
        )


def test_lists_come_in_the_order_asked_for():
    distmat, ids = random_problem(0)
    queries = np.flatnonzero(rank_distmat(distmat, *ids).valid)[::-1].tolist()
    lists = ranked_lists(*compare_distmat(distmat, ids, 0.001), queries, 3)
    assert [item.query for item in lists] == queries


def test_small_galleries_give_short_lists():
    ids = ([1], [1, 2, 1], [0], [1, 0, 0])
    pairs = compare_distmat(np.array([[0.5, 0.1, 0.0]]), ids, 512)
    (item,) = ranked_lists(*pairs, [0], topk=10)
    assert item.gallery.tolist() == [1, 0]
    assert item.right.tolist() == [False, True]
    assert (item.first_match, item.num_junk, item.ap) == (2, 1, 0.5)


@pytest.mark.parametrize(
    ('distances', 'pids', 'topk', 'message'),
    [
        ([[0.1, 0.2]], [1], 0, 'topk must be at least 1'),
        ([[0.1, 0.2]], [3], 5, 'query 0 has no match'),
        ([[0.1, np.nan]], [1], 5, 'query 0 cannot be ranked'),
    ],
)
def test_bad_input_is_refused(distances, pids, topk, message):
    ids = (pids, [1, 2], [0], [1, 1])
    pairs = compare_distmat(np.array(distances), ids, 512)
    with pytest.raises(ValueError, match=message):
        ranked_lists(*pairs, [0], topk)
