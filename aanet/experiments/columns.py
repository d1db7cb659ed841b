"""What a table of experiments can show of a run."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Column(NamedTuple):
    """One quantity of a run.

    Attributes:
        header (str): Its name and unit in print.
        decimals (int): Digits behind the point.
        read (Callable[[dict], float | None]): The quantity from a result
            (:mod:`aanet.experiments.results`), None where it has none.
        trained (bool): Whether a run must be finished to know it.
    """

    header: str
    decimals: int
    read: Callable[[dict[str, Any]], float | None]
    trained: bool = True


def _score(name: str) -> Column:
    """A score of the metric, in percent."""
    return Column(name, 1, lambda result: result['scores'].get(name))


COLUMNS = {
    **{
        name: _score(name)
        for name in ('Rank-1', 'Rank-5', 'Rank-10', 'mAP', 'mINP')
    },
    'params': Column(
        'params (M)', 2, lambda result: result['params'] / 1e6, trained=False
    ),
    'macs': Column(
        'MACs (G)', 2, lambda result: result['macs'] / 1e9, trained=False
    ),
    'train_minutes': Column(
        'training (min)', 1, lambda result: result['train_seconds'] / 60
    ),
    'test_ms': Column(
        'test (ms/image)', 1, lambda result: result.get('extraction_ms')
    ),
}
"""Every column by the key that tables name."""
