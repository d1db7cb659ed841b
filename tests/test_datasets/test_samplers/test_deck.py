from collections import Counter

import numpy as np
import pytest

from aanet.datasets.samplers.deck import Deck


def deck(*cards: int, seed: int = 0) -> Deck:
    return Deck(cards, np.random.default_rng(seed))


@pytest.mark.parametrize('number', [1, 2, 3, 4, 5])
def test_cards_of_a_hand_differ(number):
    pile = deck(10, 11, 12, 13, 14)
    for _ in range(50):
        hand = pile.draw(number)
        assert len(set(hand)) == number


@pytest.mark.parametrize('number', [1, 2, 3, 4])
def test_every_card_comes_up_equally_often(number):
    pile = deck(*range(5))
    counts = Counter()
    for round_ in range(1, 101):
        counts.update(pile.draw(number))
        assert (
            max(counts.values()) - min(counts[card] for card in range(5)) <= 2
        ), round_
    assert set(counts.values()) == {20 * number}


def test_too_few_cards_come_up_once_each_and_then_again():
    pile = deck(7, 8)
    seen = set()
    for _ in range(30):
        hand = pile.draw(5)
        assert sorted(set(hand)) == [7, 8]
        assert sorted(hand[:2]) == [7, 8]
        seen.add(tuple(hand[2:]))
    assert len(seen) > 3


def test_randomness_is_the_generator_s():
    hands = [deck(*range(9), seed=1).draw(4) for _ in range(2)]
    assert hands[0] == hands[1]
    assert deck(*range(9), seed=2).draw(4) != hands[0]
