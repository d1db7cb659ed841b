"""Which queries to show."""

from collections.abc import Sequence

import numpy as np

CHOICES = {
    'random': 'chosen at random',
    'worst': 'with the worst average precision',
    'best': 'with the best average precision',
}
"""The ways to choose, and how to tell the reader."""


def choose_queries(
    ap: np.ndarray,
    pids: np.ndarray,
    num: int,
    choice: str = 'random',
    ids: Sequence[int] = (),
    seed: int = 0,
) -> list[int]:
    """Choose among the queries that have a match.

    Args:
        ap (np.ndarray): Average precision of each query, NaN where it has
            no match, shape (Q,).
        pids (np.ndarray): Identities of the queries, shape (Q,).
        num (int): How many to choose at most.
        choice (str): ``'random'``, in query order, of each of ``ids``
            alike; ``'worst'`` or ``'best'``, sorted by average precision.
            Defaults to ``'random'``.
        ids (Sequence[int]): Identities to choose from; all if empty.
            Defaults to ().
        seed (int): Seed of the random choice. Defaults to 0.

    Returns:
        list[int]: Indices of queries.

    Raises:
        ValueError: If the choice is unknown, ``num`` is not positive, or an
            identity has no query with a match.
    """
    if choice not in CHOICES:
        raise ValueError(f'choose one of {sorted(CHOICES)}, not {choice!r}.')
    if num < 1:
        raise ValueError(f'num must be at least 1, not {num}.')
    candidates = np.flatnonzero(~np.isnan(ap))
    if len(ids):
        unknown = sorted(set(ids) - set(pids[candidates].tolist()))
        if unknown:
            raise ValueError(
                f'no query of identity {", ".join(map(str, unknown))} has a '
                'match in the gallery: choose other ids.'
            )
        candidates = candidates[np.isin(pids[candidates], ids)]
    if choice == 'random':
        rng = np.random.default_rng(seed)
        size = len(candidates) if len(ids) else min(num, len(candidates))
        drawn = rng.choice(candidates, size, replace=False)
        return sorted(_take_turns(drawn, pids[drawn])[:num])
    sign = 1 if choice == 'worst' else -1
    order = np.argsort(sign * ap[candidates], kind='stable')
    return candidates[order][:num].tolist()


def _take_turns(queries: np.ndarray, pids: np.ndarray) -> list[int]:
    """Bring the first query of each identity to the front, then the second."""
    seen: dict[int, int] = {}
    turns = []
    for place, pid in enumerate(pids.tolist()):
        seen[pid] = seen.get(pid, 0) + 1
        turns.append((seen[pid], place))
    return [int(queries[place]) for _, place in sorted(turns)]
