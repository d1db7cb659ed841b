"""Figures of several batches, as one."""

from collections.abc import Sequence
from statistics import fmean


def mean_figures(batches: Sequence[dict[str, float]]) -> dict[str, float]:
    """Mean of each figure over the batches that have it.

    Args:
        batches (Sequence[dict[str, float]]): Figures of each batch.

    Returns:
        dict[str, float]: The means, in the order of first appearance.
    """
    names = dict.fromkeys(name for figures in batches for name in figures)
    return {
        name: fmean(figures[name] for figures in batches if name in figures)
        for name in names
    }
