"""At which position of the ranking does each match stand?

Only the matches' positions enter CMC, AP and INP, so no gallery is ever
argsorted: the distances of a row are sorted as plain values, which is many
times faster, and each match looks up how many of them lie before its own. On
a CPU what lies behind the last match is left out first: usually nearly all.
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
    on_cpu = distances.device.type == 'cpu'
    count = _count_in_rows if on_cpu else _count_in_batch
    before, through = count(distances, rows, cols)
    tied = through - before > 1
    if tied.any():
        before[tied] = _tied_positions(distances, rows[tied], cols[tied])
    return before


def _count_in_rows(
    distances: Tensor, rows: Tensor, cols: Tensor
) -> tuple[Tensor, Tensor]:
    """How many entries of its row are below each entry, and not above it."""
    counts = torch.zeros(2, len(rows), dtype=torch.int64)
    wanted = distances[rows, cols].numpy()
    values, (before, through) = distances.numpy(), counts.numpy()
    bounds = np.searchsorted(rows.numpy(), np.arange(len(values) + 1))
    last = np.full(len(values), -np.inf, dtype=values.dtype)
    np.maximum.at(last, rows.numpy(), wanted)

    def count(some_rows: np.ndarray) -> None:
        for row in some_rows:
            own = slice(bounds[row], bounds[row + 1])
            near = values[row][values[row] <= last[row]]
            near.sort()
            before[own] = near.searchsorted(wanted[own], 'left')
            through[own] = near.searchsorted(wanted[own], 'right')

    # NumPy sorts with SIMD, and lets other threads run meanwhile.
    num_threads = torch.get_num_threads()
    shares = np.array_split(np.arange(len(values)), num_threads)
    with ThreadPoolExecutor(num_threads) as pool:
        list(pool.map(count, shares))
    return counts[0], counts[1]


def _count_in_batch(
    distances: Tensor, rows: Tensor, cols: Tensor
) -> tuple[Tensor, Tensor]:
    """The same without a loop over the rows, for accelerators."""
    counts = torch.bincount(rows, minlength=len(distances))
    firsts = counts.cumsum(0) - counts
    slots = torch.arange(len(rows), device=rows.device) - firsts[rows]
    wanted = distances.new_full((len(distances), int(counts.max())), torch.inf)
    wanted[rows, slots] = distances[rows, cols]
    ordered = distances.sort(dim=1).values
    before = torch.searchsorted(ordered, wanted)
    through = torch.searchsorted(ordered, wanted, right=True)
    return before[rows, slots], through[rows, slots]


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
