"""Exact search or FAISS, as the settings and the size say.

Letters: Q queries; G entries; D feature dimensions; K neighbors.
"""

import numpy as np

from aanet.apis.entries import Entries
from aanet.apis.exact_search import Neighbors, exact_topk
from aanet.apis.faiss_index import FaissIndex
from aanet.apis.search_settings import SearchSettings


class GallerySearch:
    """Finds the nearest entries of a gallery.

    An index of FAISS is made at the first search that needs it, and follows
    the gallery from then on.

    Args:
        settings (SearchSettings): How to search.
        distance (str): ``'cosine'`` or ``'euclidean'``.
    """

    def __init__(self, settings: SearchSettings, distance: str) -> None:
        self.settings = settings
        self.distance = distance
        self.index: FaissIndex | None = None
        self._indexed: Entries | None = None

    def __call__(
        self,
        queries: np.ndarray,
        entries: Entries,
        topk: int,
        allowed: np.ndarray | None = None,
    ) -> Neighbors:
        """Search.

        Args:
            queries (np.ndarray): Features, shape (Q, D), float32.
            entries (Entries): The gallery.
            topk (int): Entries to find for each, K; fewer if there are
                fewer.
            allowed (np.ndarray | None): Which entries may be found, shape
                (G,), bool. Defaults to None, which is all.

        Returns:
            Neighbors: Distances and indices.

        Raises:
            ImportError: If FAISS is needed and missing.
        """
        number = len(entries) if allowed is None else int(allowed.sum())
        large = number >= self.settings.index_from
        index = self.prepare(entries) if large else None
        if index is None:
            return self.exact(queries, entries, topk, allowed)
        found = index.search(queries, min(topk, number), allowed)
        # A graph that is walked may lead to too few of those allowed.
        short = (found.rows < 0).any(axis=1)
        if short.any():
            repaired = self.exact(queries[short], entries, topk, allowed)
            for array, rows in zip(found, repaired, strict=True):
                array[short] = rows
        return found

    def exact(
        self,
        queries: np.ndarray,
        entries: Entries,
        topk: int,
        allowed: np.ndarray | None = None,
    ) -> Neighbors:
        """Search without an index, whatever the settings say.

        Args:
            queries (np.ndarray): Features, shape (Q, D), float32.
            entries (Entries): The gallery.
            topk (int): Entries to find for each, K.
            allowed (np.ndarray | None): Which entries may be found. Defaults
                to None, which is all.

        Returns:
            Neighbors: Distances and indices.
        """
        return exact_topk(
            queries,
            entries.features,
            topk,
            self.distance,
            None if allowed is None else np.flatnonzero(allowed),
            self.settings.max_memory_mb,
        )

    def prepare(self, entries: Entries) -> FaissIndex | None:
        """Bring the index up to date, which a search does by itself.

        Args:
            entries (Entries): The gallery.

        Returns:
            FaissIndex | None: The index; None if the search is exact.
        """
        if self.settings.kind == 'exact':
            return None
        if self.index is None:
            self.index = FaissIndex(self.settings, self.distance)
        # Entries never change: a gallery that changes has others.
        if self._indexed is not entries:
            self.index.update(entries.features, entries.uids)
            self._indexed = entries
        return self.index
