"""Answers on which two independent toolboxes agree."""

from pathlib import Path

import numpy as np
import pytest

from aanet.evaluation.functional import (
    pairwise_distance,
    rank_distmat,
    rank_features,
    re_ranking,
    roc_features,
)
from tests.test_evaluation.naive_reference import naive_pairs

GOLDEN = Path(__file__).parents[1] / 'data' / 'golden'
IDS = ('q_pids', 'g_pids', 'q_camids', 'g_camids')


@pytest.fixture(scope='module')
def market():
    with np.load(GOLDEN / 'market_200x2000.npz') as file:
        return dict(file)


def edge_case(name):
    with np.load(GOLDEN / 'edge_cases.npz') as file:
        return [file[f'{name}__{key}'] for key in ('dist', *IDS)]


@pytest.mark.parametrize(
    ('distance', 'mean_ap', 'mean_inp'),
    [
        ('euclidean', 0.47471458655632637, 0.20488135697819604),
        ('cosine', 0.547171726935392, 0.3000372400174913),
    ],
)
def test_market(market, distance, mean_ap, mean_inp):
    result = rank_features(
        market['qf'],
        market['gf'],
        *(market[key] for key in IDS),
        distance=distance,
    )
    assert result.valid.sum() == 199
    np.testing.assert_allclose(result.cmc, market[f'cmc_{distance}'], 0, 1e-6)
    np.testing.assert_allclose(result.ap, market[f'ap_{distance}'], 0, 1e-6)
    np.testing.assert_allclose(result.inp, market[f'inp_{distance}'], 0, 1e-6)
    assert result.mAP == pytest.approx(mean_ap, abs=1e-6)
    assert result.mINP == pytest.approx(mean_inp, abs=1e-6)


def test_market_re_ranked(market):
    distmat = re_ranking(market['qf'], market['gf'])
    np.testing.assert_allclose(
        distmat[:20], market['rerank_l2_rows20'], 0, 1e-5
    )
    result = rank_distmat(distmat, *(market[key] for key in IDS))
    figures = [*result.cmc[[0, 4, 9, 19]], result.mAP, result.mINP]
    expected = [
        0.7738693356513977,
        0.8592965006828308,
        0.910,
        0.9195979833602905,
        0.6882878541946411,
        0.5071218609809875,
    ]
    # Re-ranked distances have ties, which the toolboxes break differently.
    np.testing.assert_allclose(figures, expected, 0, 2e-3)


@pytest.mark.parametrize(
    ('name', 'cmc', 'mean_ap', 'mean_inp'),
    [
        (
            'one_query_without_match',
            {20: 0.5},
            0.0642026451735294,
            0.07614942528735633,
        ),
        ('match_only_in_same_camera', {20: 1.0}, 0.0795291146761735, 0.08),
        (
            'gallery_one_camera_other_than_query',
            {10: 1 / 3, 20: 2 / 3},
            0.09885303963426413,
            0.1117948717948718,
        ),
        (
            'many_ties_quantised',
            {1: 1 / 6, 5: 1 / 3, 20: 0.5},
            0.04858081034885745,
            0.020772754633665416,
        ),
    ],
)
def test_edge_cases(name, cmc, mean_ap, mean_inp):
    result = rank_distmat(*edge_case(name))
    for rank, share in cmc.items():
        assert result.cmc[rank - 1] == pytest.approx(share, abs=1e-12)
    assert result.mAP == pytest.approx(mean_ap, abs=1e-9)
    assert result.mINP == pytest.approx(mean_inp, abs=1e-9)


@pytest.mark.parametrize(
    ('name', 'position'),
    [
        ('all_ties_match_first', 1),
        ('all_ties_match_last', 8),
        ('600_ties_match_first', 1),
        ('600_ties_match_last', 600),
        ('two_way_tie_wrong_first', 3),
        ('two_way_tie_right_first', 2),
    ],
)
def test_ties_keep_gallery_order(name, position):
    # One match at a known position: AP and INP are its inverse.
    result = rank_distmat(*edge_case(name))
    assert result.ap.tolist() == result.inp.tolist() == [1 / position]
    expected = (np.arange(1, 51) >= position).astype(float)
    assert result.cmc.tolist() == expected.tolist()


@pytest.mark.parametrize(
    'name',
    [
        'gallery_smaller_than_max_rank',
        'kept_gallery_below_max_rank_after_removal',
    ],
)
def test_cmc_keeps_its_last_value(name):
    result = rank_distmat(*edge_case(name))
    assert result.cmc.shape == (50,)
    assert (np.diff(result.cmc) >= 0).all()
    assert result.cmc[-1] == 1


def test_small_gallery_has_the_right_ap():
    case = edge_case('kept_gallery_below_max_rank_after_removal')
    assert rank_distmat(*case).mAP == pytest.approx(0.1365114, abs=1e-7)


@pytest.mark.parametrize(
    'name', ['no_query_has_match', 'gallery_one_camera_same_as_query']
)
def test_no_match_at_all_is_an_error(name):
    with pytest.raises(ValueError, match='none of the 3 queries has a match'):
        rank_distmat(*edge_case(name))


def test_nan_is_an_error_that_names_the_query():
    distmat, *ids = edge_case('nan_distance')
    query, image = np.argwhere(np.isnan(distmat))[0]
    message = f'query {query} .* gallery image {image} is nan'
    with pytest.raises(ValueError, match=message):
        rank_distmat(distmat, *ids)


def test_float64_is_ranked_in_its_own_precision():
    distmat, *ids = edge_case('float64_input')
    assert distmat.dtype == np.float64
    # Squeezed into a range that float32 cannot tell apart.
    squeezed = rank_distmat(1 + distmat * 1e-8, *ids)
    plain = rank_distmat(distmat, *ids)
    assert squeezed.ap.tolist() == plain.ap.tolist()
    rounded = rank_distmat((1 + distmat * 1e-8).astype(np.float32), *ids)
    assert rounded.ap.tolist() != plain.ap.tolist()


def test_market_roc_has_the_usual_roles(market):
    """The toolboxes' ROC calls *different* persons positive; ours, the same.

    Their figures come out once the roles are exchanged; ours are the shares
    of same-person pairs below the distance that one pair in 1,000 or 100 of
    different persons undercuts.
    """
    ids = [market[key] for key in IDS]
    distmat = pairwise_distance(market['qf'], market['gf'], 'cosine')
    same, different = naive_pairs(distmat, *ids)
    accepted = np.sort(same)[::-1]
    for rate, theirs in ((1e-3, 0.40781), (1e-2, 0.75818)):
        nearest = round(rate * len(same))
        exchanged = (different >= accepted[nearest - 1]).mean()
        assert exchanged == pytest.approx(theirs, abs=1e-5)
    roc = roc_features(market['qf'], market['gf'], *ids, fprs=(1e-2, 1e-3))
    limits = np.sort(different)[
        [len(different) // 100, len(different) // 1000]
    ]
    expected = [(same < limit).mean() for limit in limits]
    assert roc.tpr == pytest.approx(expected, abs=1e-6)
