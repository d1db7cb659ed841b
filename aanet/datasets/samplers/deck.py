"""Drawing without repeats, as from a deck of cards that is reshuffled."""

from collections.abc import Sequence

import numpy as np


class Deck:
    """A pile of different cards, reshuffled each time it runs out.

    However the draws are cut, every card comes up equally often.

    Args:
        cards (Sequence[int]): The cards, no two alike.
        rng (np.random.Generator): Source of all randomness.
    """

    def __init__(self, cards: Sequence[int], rng: np.random.Generator):
        self._cards = np.asarray(cards)
        self._rng = rng
        self._pile: list[int] = []

    def draw(self, number: int) -> list[int]:
        """Draw cards that all differ, as far as there are as many.

        Args:
            number (int): How many.

        Returns:
            list[int]: Different cards; if there are fewer than ``number``,
            each of them once and then any of them again.
        """
        short = number - len(self._cards)
        if short > 0:
            again = self._rng.choice(self._cards, short)
            return [*self._shuffled(), *again.tolist()]
        hand = self._pile[:number]
        self._pile = self._pile[number:]
        if len(hand) < number:
            fresh = self._shuffled()
            taken = [card for card in fresh if card not in hand]
            taken = taken[: number - len(hand)]
            self._pile = [card for card in fresh if card not in taken]
            hand += taken
        return hand

    def _shuffled(self) -> list[int]:
        return self._rng.permutation(self._cards).tolist()
