"""Search of large galleries by FAISS.

Letters: Q queries; G entries; D feature dimensions; K neighbors.
"""

from typing import Any

import numpy as np
import torch

from aanet.apis.exact_search import Neighbors
from aanet.apis.search_settings import SearchSettings
from aanet.utils.extras import import_extra

_BLOCK_ROWS = 65_536
_TRAINING_ROWS_PER_CELL = 40


class FaissIndex:
    """An index that follows the entries of a gallery.

    FAISS cannot take entries out of all kinds of index. Here they stay in
    and are left out of every search, until they are the half of it.

    Args:
        settings (SearchSettings): Kind of the index, not ``'exact'``.
        distance (str): ``'cosine'`` or ``'euclidean'``.

    Raises:
        ImportError: If FAISS is missing.
    """

    def __init__(self, settings: SearchSettings, distance: str) -> None:
        self.settings = settings
        self.distance = distance
        self._faiss: Any = import_extra('faiss', 'search')
        self._index: Any = None
        self._uids = np.zeros(0, np.int64)
        self._rows = np.zeros(0, np.int64)
        self._alive = np.zeros(0, bool)
        self._trained_on = 0

    def update(self, features: np.ndarray, uids: np.ndarray) -> None:
        """Follow the entries of the gallery.

        Args:
            features (np.ndarray): Features, shape (G, D).
            uids (np.ndarray): Numbers that the entries keep for ever,
                ascending, shape (G,), int64.
        """
        gone = len(self._uids) - np.isin(self._uids, uids).sum()
        outdated = 2 * gone > len(self._uids)
        if self._index is None or outdated or self._outgrown(len(uids)):
            self._build(features)
            self._uids = np.zeros(0, np.int64)
        last = self._uids[-1] if len(self._uids) else -1
        first = int(np.searchsorted(uids, last, side='right'))
        for start in range(first, len(uids), _BLOCK_ROWS):
            rows = slice(start, start + _BLOCK_ROWS)
            self._index.add(self._prepared(features[rows]))
        self._uids = np.concatenate([self._uids, uids[first:]])
        rows_of_all = np.searchsorted(uids, self._uids)
        self._rows = rows_of_all.clip(max=len(uids) - 1)
        self._alive = uids[self._rows] == self._uids

    def search(
        self,
        queries: np.ndarray,
        topk: int,
        allowed: np.ndarray | None = None,
    ) -> Neighbors:
        """Find the nearest entries, as of the last :meth:`update`.

        Args:
            queries (np.ndarray): Features, shape (Q, D), float32.
            topk (int): Entries to find for each, K.
            allowed (np.ndarray | None): Which entries may be found, shape
                (G,), bool. Defaults to None, which is all.

        Returns:
            Neighbors: Distances and indices; where the index found too few,
            the distance is infinite and the index -1.
        """
        self._faiss.omp_set_num_threads(torch.get_num_threads())
        open_to = self._alive
        if allowed is not None:
            open_to = open_to & allowed[self._rows]
        values, positions = self._index.search(
            self._prepared(queries), topk, params=self._parameters(open_to)
        )
        missing = positions < 0
        found = np.where(missing, -1, self._rows[positions])
        values = np.where(missing, np.inf, self._as_distance(values))
        order = np.lexsort((found, values))
        return Neighbors(
            np.take_along_axis(values, order, 1),
            np.take_along_axis(found, order, 1),
        )

    def size_bytes(self) -> int:
        """Bytes that the index holds, as FAISS would write them."""
        return self._faiss.serialize_index(self._index).nbytes

    def _outgrown(self, size: int) -> bool:
        """Whether the cells were laid out for far fewer entries."""
        return self.settings.kind == 'ivf' and size > 4 * self._trained_on

    def _build(self, features: np.ndarray) -> None:
        self._faiss.omp_set_num_threads(torch.get_num_threads())
        faiss, settings, dims = self._faiss, self.settings, features.shape[1]
        metric = (
            faiss.METRIC_INNER_PRODUCT
            if self.distance == 'cosine'
            else faiss.METRIC_L2
        )
        if settings.kind == 'hnsw':
            self._index = faiss.IndexHNSWFlat(dims, settings.links, metric)
            self._index.hnsw.efConstruction = settings.ef_construction
            return
        self._index = faiss.IndexFlat(dims, metric)
        if settings.kind == 'ivf':
            cells = settings.nlist or int(4 * len(features) ** 0.5)
            cells = min(cells, len(features))
            self._index = faiss.IndexIVFFlat(self._index, dims, cells, metric)
            # Else it prints a warning for small galleries.
            self._index.cp.min_points_per_centroid = 1
            self._index.train(self._sample(features, cells))
            self._trained_on = len(features)

    def _sample(self, features: np.ndarray, cells: int) -> np.ndarray:
        """Entries evenly spread over the gallery, to lay out the cells."""
        number = min(len(features), _TRAINING_ROWS_PER_CELL * cells)
        rows = np.linspace(0, len(features) - 1, number).astype(np.int64)
        return self._prepared(features[rows])

    def _prepared(self, features: np.ndarray) -> np.ndarray:
        """A copy in float32, of length 1 for the cosine."""
        copy = np.array(features, dtype=np.float32, order='C')
        if self.distance == 'cosine':
            self._faiss.normalize_L2(copy)
        return copy

    def _parameters(self, open_to: np.ndarray) -> Any:
        faiss, settings = self._faiss, self.settings
        given: dict[str, Any] = {}
        if not open_to.all():
            bits = np.packbits(open_to, bitorder='little')
            given['sel'] = faiss.IDSelectorBitmap(bits)
        if settings.kind == 'ivf':
            return faiss.SearchParametersIVF(nprobe=settings.nprobe, **given)
        if settings.kind == 'hnsw':
            return faiss.SearchParametersHNSW(
                efSearch=settings.ef_search, **given
            )
        return faiss.SearchParameters(**given)

    def _as_distance(self, values: np.ndarray) -> np.ndarray:
        if self.distance == 'cosine':
            return 1 - values
        return np.sqrt(np.maximum(values, 0))
