"""The smallest of many distances, within twice their own memory."""

import numpy as np
from torch import Tensor

_STEPS = 4
"""Parts of a chunk that are looked at in turn: each may be copied whole."""


class NearestPairs:
    """Keeps the smallest distances of all that are shown.

    Args:
        keep (int): How many, at least 1.
    """

    def __init__(self, keep: int) -> None:
        self.keep = keep
        self._buffer = np.zeros(0, dtype=np.float32)
        self._count = 0
        self._bound = np.inf

    def show(self, distances: Tensor) -> None:
        """Take in more distances.

        Args:
            distances (Tensor): Any shape; infinite ones do not count.
        """
        for part in distances.tensor_split(_STEPS):
            # A mask of torch's would be turned into indices.
            values = part.cpu().numpy()
            found = values[values < self._bound]
            if len(self._buffer) == 0:
                # Memory that nothing is written to is not taken.
                self._buffer = np.empty(2 * self.keep, dtype=found.dtype)
            while len(found):
                found = self._take(found)

    def _take(self, found: np.ndarray) -> np.ndarray:
        """Add as many numbers as there is room for; those left over."""
        room = self._buffer[self._count : self._count + len(found)]
        room[:] = found[: len(room)]
        found = found[len(room) :]
        self._count += len(room)
        if self._count == len(self._buffer):
            self._buffer.partition(self.keep - 1)
            self._count = self.keep
            self._bound = self._buffer[self.keep - 1]
            found = found[found < self._bound]
        return found

    def sorted(self) -> np.ndarray:
        """The smallest distances shown, ascending.

        Returns:
            np.ndarray: Shape (keep,), or fewer if fewer were shown.
        """
        kept = self._buffer[: self._count]
        kept.sort()
        return kept[: self.keep]
