"""Who ranks which queries, where several processes share them."""

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar('T')


class Team(Protocol):
    """Processes that share the queries of one ranking.

    Each of them holds all features and calls the same functions in the same
    order.

    Attributes:
        rank (int): Number of this process, from 0.
        size (int): Number of processes.
    """

    rank: int
    size: int

    def agree(self, work: Callable[[], T]) -> list[T]:
        """Do this process' part, and hear of the others' parts.

        Args:
            work (Callable): Does it; what it returns goes to every process.

        Returns:
            list[T]: What each process' work returned, by rank.

        Raises:
            Exception: On every process, if the work of one has failed: what
                it raised there.
        """


class Alone:
    """The team of a single process."""

    rank = 0
    size = 1

    def agree(self, work: Callable[[], T]) -> list[T]:
        """Do the work."""
        return [work()]


ALONE = Alone()


def by_first(team: Team, work: Callable[[], T]) -> T:
    """Let the first process do some work alone, for all.

    Args:
        team (Team): All processes, each of which must get here.
        work (Callable): Does it.

    Returns:
        T: What it returned there.

    Raises:
        Exception: On every process, if the work has failed.
    """
    results: list = team.agree(_nothing if team.rank else work)
    return results[0]


def _nothing() -> None:
    """What the others do meanwhile."""


def share_of(team: Team, parts: int) -> slice:
    """The parts of the whole that fall to this process.

    They follow one another, so that the shares in the order of the ranks are
    the whole in its own order.

    Args:
        team (Team): Who shares.
        parts (int): Number of parts.

    Returns:
        slice: A range of them, perhaps empty.
    """
    return slice(
        parts * team.rank // team.size, parts * (team.rank + 1) // team.size
    )
