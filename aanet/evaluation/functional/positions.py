"""At which position of the ranking does each match stand?

Only the matches' positions enter CMC, AP and INP, so no gallery is ever
argsorted: the distances of a row are sorted as plain values, and each match
looks up how many of them lie before its own. Values sort many times faster
than pairs of value and index.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor


def match_positions(distances: Tensor, rows: Tensor, cols: Tensor) -> Tensor:
    """Positions of some entries in the stable ascending order of their rows.

    Equal distances keep gallery order: of two equal entries the one with the
    smaller column comes first.

    Args:
        distances (Tensor): Shape (B, G), free of NaN; entries that take no
            part in the ranking are infinite.
        rows (Tensor): Row of each entry asked for, shape (T,), ascending.
        cols (Tensor): Column of each entry, shape (T,); the entries are
            finite.

    Returns:
        Tensor: Positions from 0, shape (T,), int64.
    """
    counts = torch.bincount(rows, minlength=len(distances))
    firsts = counts.cumsum(0) - counts
    slots = torch.arange(len(rows), device=rows.device) - firsts[rows]
    width = int(counts.max())
    wanted = distances.new_full((len(distances), width), torch.inf)
    wanted[rows, slots] = distances[rows, cols]

    ordered = _sort_rows(distances)
    before = torch.searchsorted(ordered, wanted)[rows, slots]
    through = torch.searchsorted(ordered, wanted, right=True)[rows, slots]
    tied = through - before > 1
    if tied.any():
        before[tied] = _tied_positions(distances, rows[tied], cols[tied])
    return before


def _sort_rows(distances: Tensor) -> Tensor:
    """The values of each row in ascending order."""
    if distances.device.type != 'cpu':
        return distances.sort(dim=1).values
    # NumPy sorts plain values with SIMD, far ahead of torch.sort on a CPU,
    # and lets other threads run meanwhile.
    ordered = distances.clone()
    num_threads = torch.get_num_threads()
    parts = np.array_split(ordered.numpy(), num_threads)
    with ThreadPoolExecutor(num_threads) as pool:
        list(pool.map(np.ndarray.sort, parts))
    return ordered


def _tied_positions(distances: Tensor, rows: Tensor, cols: Tensor) -> Tensor:
    """Positions of entries that share their distance with others."""
    tied_rows, counts = torch.unique_consecutive(rows, return_counts=True)
    groups = cols.split(counts.tolist())
    return torch.cat(
        [
            _stable_positions(distances[row], group)
            for row, group in zip(tied_rows.tolist(), groups, strict=True)
        ]
    )


def _stable_positions(row: Tensor, cols: Tensor) -> Tensor:
    """Positions of some columns in the stable order of one row (G,).

    Only the entries from the smallest to the largest distance asked for are
    argsorted: usually a handful.
    """
    low, high = row[cols].aminmax()
    candidates = ((row >= low) & (row <= high)).nonzero().flatten()
    order = row[candidates].argsort(stable=True)
    place = torch.empty_like(order)
    place[order] = torch.arange(len(order), device=order.device)
    return (row < low).sum() + place[torch.searchsorted(candidates, cols)]
