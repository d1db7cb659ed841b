"""Ranking by features and by distances, against plain loops."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aanet.evaluation.functional import (
    pairwise_distance,
    rank_distmat,
    rank_features,
)
from aanet.evaluation.functional.chunks import compare_distmat
from tests.test_evaluation.naive_reference import naive_rank, random_ids


def assert_equals_naive(result, distmat, ids, max_rank=50):
    cmc, ap, trapezoid, inp, valid = naive_rank(
        distmat.tolist(), *(i.tolist() for i in ids), max_rank
    )
    np.testing.assert_allclose(result.cmc, cmc, 0, 1e-12)
    np.testing.assert_allclose(result.ap, ap, 0, 1e-12)
    np.testing.assert_allclose(result.ap_trapezoid, trapezoid, 0, 1e-12)
    np.testing.assert_allclose(result.inp, inp, 0, 1e-12)
    assert result.valid.tolist() == valid


def problem(seed, num_queries=12, num_gallery=70, levels=None):
    """Random distances and ids; few ``levels`` make many ties."""
    rng = np.random.default_rng(seed)
    distmat = rng.random((num_queries, num_gallery), dtype=np.float32)
    if levels:
        distmat = np.floor(distmat * levels)
    return distmat, random_ids(rng, num_queries, num_gallery)


@pytest.mark.parametrize('levels', [None, 1, 4, 20])
@pytest.mark.parametrize('seed', [0, 1, 2])
def test_equals_naive_loops(seed, levels):
    distmat, ids = problem(seed, levels=levels)
    result = rank_distmat(distmat, *ids)
    assert not result.valid.all() and result.valid.any()
    assert_equals_naive(result, distmat, ids)


SIDE = st.integers(1, 12)


@st.composite
def tiny_problems(draw):
    """Everything that can go on at once: ties, junk, unknown cameras."""
    shape = num_queries, num_gallery = draw(SIDE), draw(SIDE)
    distances = st.integers(-3, 3) | st.floats(-2, 2, width=32)
    distmat = draw(hnp.arrays(np.float32, shape, elements=distances))
    pids, camids = st.integers(-1, 3), st.integers(-1, 2)
    ids = [
        np.array(draw(st.lists(values, min_size=size, max_size=size)))
        for values in (pids, camids)
        for size in (num_queries, num_gallery)
    ]
    return distmat, (ids[0], ids[1], ids[2], ids[3])


@settings(max_examples=150, deadline=None)
@given(tiny_problems(), st.integers(1, 15))
def test_any_problem_equals_naive_loops(tiny, max_rank):
    distmat, ids = tiny
    if any(naive_rank(distmat, *ids, 1)[-1]):
        result = rank_distmat(distmat, *ids, max_rank=max_rank)
        assert_equals_naive(result, distmat, ids, max_rank)
    else:
        with pytest.raises(ValueError, match='has a match'):
            rank_distmat(distmat, *ids, max_rank=max_rank)


@pytest.mark.parametrize('distance', ['cosine', 'euclidean'])
@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_features_equal_their_distances(distance, dtype):
    rng = np.random.default_rng(0)
    q_feats = rng.standard_normal((12, 8)).astype(dtype)
    g_feats = rng.standard_normal((70, 8)).astype(dtype)
    ids = random_ids(rng, 12, 70)
    result = rank_features(q_feats, g_feats, *ids, distance=distance)
    distmat = pairwise_distance(q_feats, g_feats, distance).numpy()
    assert_equals_naive(result, distmat, ids)


def test_features_by_hand():
    # Angles to the query at 0 degrees: 10, 20, 30, 40, 50 degrees.
    angles = torch.tensor([10.0, 20, 30, 40, 50]).deg2rad()
    gallery = torch.stack([angles.cos(), angles.sin()], dim=1)
    query = torch.tensor([[3.0, 0.0]])
    # Ranking: junk by camera, match, distractor, junk by id, match
    # -> kept: match, negative, match.
    result = rank_features(
        query, gallery, [7], [7, 7, 0, -1, 7], [1], [1, 2, 2, 2, 3], max_rank=4
    )
    assert result.cmc.tolist() == [1, 1, 1, 1]
    assert result.mAP == pytest.approx((1 + 2 / 3) / 2)
    # Just before the second match the precision is 1 / 2.
    assert result.mAP_trapezoid == pytest.approx((1 + (1 / 2 + 2 / 3) / 2) / 2)
    assert result.mINP == pytest.approx(2 / 3)


@pytest.mark.parametrize('levels', [None, 3])
def test_chunk_size_changes_nothing(levels):
    distmat, ids = problem(3, num_queries=40, levels=levels)
    whole = rank_distmat(distmat, *ids)
    chunked = rank_distmat(distmat, *ids, max_memory_mb=0.005)
    for name, value in vars(whole).items():
        assert getattr(chunked, name).tolist() == value.tolist()


@pytest.mark.parametrize(
    ('num_rows', 'sizes'),
    [(1e-6, [1] * 40), (7.5, [7, 7, 7, 7, 7, 5]), (1e6, [40])],
)
def test_memory_bound_sets_the_size_of_chunks(num_rows, sizes):
    distmat, ids = problem(3, num_queries=40)
    index, _ = compare_distmat(distmat, ids, 512)
    # A row as it was given, as a copy that is masked, and half of it sorted.
    row_bytes = 2.5 * distmat[0].nbytes + 160 * index.most_pairs
    _, chunks = compare_distmat(distmat, ids, num_rows * row_bytes / 2**20)
    assert [len(distances) for _, distances in chunks] == sizes


def test_gallery_order_is_irrelevant_without_ties():
    distmat, (q_pids, g_pids, q_camids, g_camids) = problem(4)
    order = np.random.default_rng(0).permutation(distmat.shape[1])
    plain = rank_distmat(distmat, q_pids, g_pids, q_camids, g_camids)
    mixed = rank_distmat(
        distmat[:, order], q_pids, g_pids[order], q_camids, g_camids[order]
    )
    assert mixed.ap.tolist() == plain.ap.tolist()
    assert mixed.cmc.tolist() == plain.cmc.tolist()


def test_same_identity_and_camera_never_counts():
    distmat, ids = problem(5)
    q_pids, g_pids, q_camids, g_camids = ids
    junk = (q_pids[:, None] == g_pids) & (q_camids[:, None] == g_camids)
    assert junk.any()
    plain = rank_distmat(distmat, *ids)
    for value in (-5, 0, 5):
        moved = rank_distmat(np.where(junk, value, distmat), *ids)
        assert moved.ap.tolist() == plain.ap.tolist()


def test_added_junk_changes_nothing():
    distmat, (q_pids, g_pids, q_camids, g_camids) = problem(6)
    plain = rank_distmat(distmat, q_pids, g_pids, q_camids, g_camids)
    nearer = rank_distmat(
        np.concatenate([np.full((len(distmat), 9), -1.0), distmat], axis=1),
        q_pids,
        np.concatenate([np.full(9, -1), g_pids]),
        q_camids,
        np.concatenate([np.zeros(9, int), g_camids]),
    )
    assert nearer.ap.tolist() == plain.ap.tolist()


def test_nearer_distractors_lower_the_figures():
    distmat, (q_pids, g_pids, q_camids, g_camids) = problem(6)
    plain = rank_distmat(distmat, q_pids, g_pids, q_camids, g_camids)
    nearer = rank_distmat(
        np.concatenate([np.full((len(distmat), 1), -1.0), distmat], axis=1),
        q_pids,
        np.concatenate([[0], g_pids]),
        q_camids,
        np.concatenate([[0], g_camids]),
    )
    assert nearer.cmc[0] == 0
    assert nearer.cmc[1:].tolist() == plain.cmc[:-1].tolist()


def test_query_of_identity_minus_one_is_not_valid():
    distmat = np.array([[0.1, 0.2], [0.1, 0.2]])
    result = rank_distmat(distmat, [-1, 4], [-1, 4], None, None)
    assert result.valid.tolist() == [False, True]


@pytest.mark.parametrize('unknown', [None, [-1, -1]])
def test_without_cameras_nothing_is_junk_by_camera(unknown):
    distmat = np.array([[0.1, 0.2], [0.3, 0.1]])
    with pytest.raises(ValueError, match='under their own camera'):
        rank_distmat(distmat, [1, 2], [1, 2], [0, 0], [0, 0])
    result = rank_distmat(distmat, [1, 2], [1, 2], unknown, unknown)
    assert result.mAP == 1
    assert rank_distmat(distmat, [1, 2], [1, 2], [0, 0], unknown).mAP == 1


def test_tensors_and_lists_equal_arrays():
    distmat, ids = problem(7)
    plain = rank_distmat(distmat, *ids)
    tensors = rank_distmat(
        torch.tensor(distmat, requires_grad=True), *map(torch.tensor, ids)
    )
    lists = rank_distmat(distmat, *(i.tolist() for i in ids))
    assert tensors.ap.tolist() == lists.ap.tolist() == plain.ap.tolist()


def test_input_is_not_changed():
    distmat, ids = problem(8)
    before = distmat.copy()
    rank_distmat(distmat, *ids)
    assert (distmat == before).all()


def test_half_precision_features_are_ranked_in_single():
    rng = np.random.default_rng(0)
    ids = random_ids(rng, 12, 70)
    q_feats = torch.from_numpy(rng.standard_normal((12, 8))).half()
    g_feats = torch.from_numpy(rng.standard_normal((70, 8))).half()
    half = rank_features(q_feats, g_feats, *ids)
    single = rank_features(q_feats.float(), g_feats.float(), *ids)
    assert half.ap.tolist() == single.ap.tolist()


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_features_that_are_not_finite_name_the_query(value):
    rng = np.random.default_rng(0)
    q_feats, g_feats = rng.random((5, 3)), rng.random((6, 3))
    q_feats[2, 1] = value
    pids = np.ones(5, int), np.ones(6, int)
    with pytest.raises(ValueError, match='query 2 cannot be ranked'):
        rank_features(q_feats, g_feats, *pids, None, None, max_memory_mb=1e-4)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'q_feats': np.ones(3)}, r'q_feats must have two dim.*\(3,\)'),
        ({'g_feats': np.ones((0, 3))}, 'g_feats must have two dimensions'),
        ({'g_feats': np.ones((4, 5))}, 'q_feats have 3 dim.* g_feats 5'),
        ({'q_pids': [1, 2, 3]}, r'q_pids must hold .*\(2,\).*\(3,\)'),
        ({'g_camids': [1]}, r'g_camids must hold .*\(4,\).*\(1,\)'),
        ({'g_pids': [0.5] * 4}, 'g_pids must hold integers, not float64'),
        ({'distance': 'manhattan'}, "'cosine', 'euclidean'.* 'manhattan'"),
        ({'max_rank': 0}, 'max_rank must be at least 1, not 0'),
        ({'max_memory_mb': 0}, 'max_memory_mb must be above zero'),
    ],
)
def test_bad_input_is_refused(changes, message):
    good = {
        'q_feats': np.ones((2, 3)),
        'g_feats': np.ones((4, 3)),
        'q_pids': [1, 2],
        'g_pids': [1, 2, 1, 2],
        'q_camids': [0, 0],
        'g_camids': [1, 1, 1, 1],
    }
    rank_features(**good)
    with pytest.raises(ValueError, match=message):
        rank_features(**{**good, **changes})
