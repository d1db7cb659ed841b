"""Which query-gallery pairs count: the single-query Market-1501 protocol.

For one query, a gallery image is

- *junk* if its identity is -1, or if it shows the query's identity seen by
  the query's own camera: it is taken out of the ranking (so is a query whose
  own identity is -1);
- a *match* if it shows the query's identity seen by another camera;
- a *negative* otherwise. Distractors (identity 0 in Market-1501) are
  ordinary negatives: no query carries their identity.

A camera number of -1 means "not known". Nothing is junk by its camera when
either camera is unknown, which serves data sets without camera numbers; leave
the query images themselves out of such a gallery.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aanet.evaluation.functional.inputs import Ids, as_ids

JUNK_PID = -1
UNKNOWN_CAMERA = -1


class Pairs(NamedTuple):
    """Same-identity pairs of some queries, one entry per pair.

    ``rows`` count from the first of these queries, ``cols`` are gallery
    indices; within a row they ascend. ``junk`` marks the pairs that share
    the camera too.
    """

    rows: np.ndarray
    cols: np.ndarray
    junk: np.ndarray


class MatchIndex:
    """Finds the gallery images that share a query's identity.

    The gallery is sorted by identity once, so that no Q x G matrix of
    matches is ever built.

    Args:
        q_pids (Ids): Query identities, shape (Q,).
        g_pids (Ids): Gallery identities, shape (G,).
        q_camids (Ids | None): Query cameras; None or -1 where unknown.
        g_camids (Ids | None): Gallery cameras; None or -1 where unknown.
        num_queries (int): Q.
        num_gallery (int): G.

    Raises:
        ValueError: If the numbers do not fit the images.
    """

    def __init__(
        self,
        q_pids: Ids,
        g_pids: Ids,
        q_camids: Ids | None,
        g_camids: Ids | None,
        num_queries: int,
        num_gallery: int,
    ) -> None:
        self.q_pids = as_ids(q_pids, 'q_pids', num_queries)
        self.g_pids = as_ids(g_pids, 'g_pids', num_gallery)
        self.q_camids = as_ids(q_camids, 'q_camids', num_queries)
        self.g_camids = as_ids(g_camids, 'g_camids', num_gallery)
        self.junk_rows = np.flatnonzero(self.q_pids == JUNK_PID)
        self.junk_cols = np.flatnonzero(self.g_pids == JUNK_PID)
        self._order = np.argsort(self.g_pids, kind='stable')
        sorted_pids = self.g_pids[self._order]
        self._starts = np.searchsorted(sorted_pids, self.q_pids, 'left')
        stops = np.searchsorted(sorted_pids, self.q_pids, 'right')
        self._counts = stops - self._starts
        self._counts[self.junk_rows] = 0

    @property
    def most_pairs(self) -> int:
        """The largest number of same-identity pairs that a query has."""
        return int(self._counts.max())

    def count_negatives(self) -> int:
        """Number of pairs, over all queries, that are no match and no junk."""
        usable = len(self.g_pids) - len(self.junk_cols)
        queries = len(self.q_pids) - len(self.junk_rows)
        return queries * usable - int(self._counts.sum())

    def pairs(self, queries: slice) -> Pairs:
        """All pairs of equal identity that some queries form.

        Args:
            queries (slice): A range of queries.

        Returns:
            Pairs: Matches and junk; images of identity -1 are in no pair.
        """
        counts = self._counts[queries]
        rows = np.repeat(np.arange(len(counts)), counts)
        firsts = np.cumsum(counts) - counts
        nth = np.arange(len(rows)) - firsts[rows]
        cols = self._order[self._starts[queries][rows] + nth]
        cameras = self.q_camids[queries][rows]
        junk = (cameras == self.g_camids[cols]) & (cameras != UNKNOWN_CAMERA)
        return Pairs(rows, cols, junk)

    def hide_junk(
        self, queries: slice, distances: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Set the distances of junk to infinity, in place.

        Args:
            queries (slice): The range of queries that the chunk holds.
            distances (Tensor): Their distances to the gallery, (B, G).

        Returns:
            tuple[Tensor, Tensor]: Rows and columns of the matches, on the
            device of the distances.
        """
        device = distances.device
        pairs = self.pairs(queries)
        rows = torch.from_numpy(pairs.rows).to(device)
        cols = torch.from_numpy(pairs.cols).to(device)
        junk = torch.from_numpy(pairs.junk).to(device)
        distances[rows[junk], cols[junk]] = torch.inf
        distances[:, torch.from_numpy(self.junk_cols).to(device)] = torch.inf
        junk_rows = self.q_pids[queries] == JUNK_PID
        distances[torch.from_numpy(junk_rows).to(device)] = torch.inf
        return rows[~junk], cols[~junk]
