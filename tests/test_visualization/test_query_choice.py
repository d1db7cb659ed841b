import numpy as np
import pytest

from aanet.visualization.query_choice import choose_queries

AP = np.array([0.5, np.nan, 0.9, 0.1, 0.9, 0.3])
PIDS = np.array([1, 1, 2, 2, 3, 4])


def test_worst_and_best_are_sorted_and_ties_keep_query_order():
    assert choose_queries(AP, PIDS, 3, 'worst') == [3, 5, 0]
    assert choose_queries(AP, PIDS, 3, 'best') == [2, 4, 0]
    assert choose_queries(AP, PIDS, 99, 'worst') == [3, 5, 0, 2, 4]


def test_random_choice_depends_on_the_seed_alone():
    ap = np.linspace(0, 1, 200)
    pids = np.arange(200)
    one = choose_queries(ap, pids, 8, seed=1)
    assert one == choose_queries(ap, pids, 8, seed=1)
    assert one != choose_queries(ap, pids, 8, seed=2)
    assert one == sorted(set(one)) and len(one) == 8


def test_queries_without_a_match_are_never_chosen():
    for choice in ('random', 'worst', 'best'):
        assert 1 not in choose_queries(AP, PIDS, 99, choice)


def test_ids_limit_the_choice():
    assert choose_queries(AP, PIDS, 99, ids=[2]) == [2, 3]
    assert choose_queries(AP, PIDS, 1, 'worst', ids=[1, 3]) == [0]


def test_each_of_the_ids_gets_its_turn():
    pids = np.repeat([5, 6, 7], 50)
    ap = np.linspace(0, 1, 150)
    for seed in range(9):
        chosen = choose_queries(ap, pids, 5, ids=[5, 6, 7], seed=seed)
        counts = np.bincount(pids[chosen])[5:]
        assert sorted(counts) == [1, 2, 2]
        assert chosen == sorted(chosen)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(num=2, ids=[2, 7]), 'no query of identity 7 has a match'),
        (dict(num=0), 'num must be at least 1'),
        (dict(num=2, choice='first'), "not 'first'"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        choose_queries(AP, PIDS, **arguments)
