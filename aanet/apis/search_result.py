"""What a gallery answers."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from aanet.apis.entries import Entries


@dataclass(frozen=True)
class Hit:
    """An entry of the gallery that was found.

    Attributes:
        path (str): Its file, '' where there is none.
        pid (int): Whom it shows, -1 if nobody has said.
        camid (int): Its camera, -1 where unknown.
        distance (float): How far it is from the query.
    """

    path: str
    pid: int
    camid: int
    distance: float


@dataclass(frozen=True)
class SearchResult:
    """The answer to one query.

    Attributes:
        hits (tuple[Hit, ...]): Entries nearer than the threshold, nearest
            first; equal distances in the order of the gallery. Empty is the
            answer "not in the gallery".
        nearest (float): Distance of the nearest entry, accepted or not;
            infinite if no entry was let through by the filter of cameras.
        threshold (float): What an entry must be nearer than; infinite if
            there is none.
    """

    hits: tuple[Hit, ...]
    nearest: float
    threshold: float = math.inf

    @classmethod
    def of(
        cls,
        entries: Entries,
        distances: np.ndarray,
        rows: np.ndarray,
        threshold: float,
    ) -> 'SearchResult':
        """Make the answer of the nearest entries.

        Args:
            entries (Entries): The gallery.
            distances (np.ndarray): Of the nearest entries, ascending,
                shape (K,).
            rows (np.ndarray): Their indices, shape (K,).
            threshold (float): What an entry must be nearer than.

        Returns:
            SearchResult: The answer.
        """
        near = distances < threshold
        hits = (
            Hit(
                path=entries.paths[row],
                pid=int(entries.pids[row]),
                camid=int(entries.camids[row]),
                distance=float(distance),
            )
            for distance, row in zip(distances[near], rows[near], strict=True)
        )
        nearest = float(distances.min(initial=np.inf))
        return cls(tuple(hits), nearest, float(threshold))

    @property
    def in_gallery(self) -> bool:
        """Whether anything was near enough."""
        return bool(self.hits)

    def as_dict(self) -> dict[str, Any]:
        """The answer as JSON takes it, with None for infinity."""
        numbers = {'nearest': self.nearest, 'threshold': self.threshold}
        return {
            'in_gallery': self.in_gallery,
            **{k: v if v < math.inf else None for k, v in numbers.items()},
            'hits': [vars(hit) for hit in self.hits],
        }
