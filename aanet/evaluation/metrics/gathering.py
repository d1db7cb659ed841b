"""The features that several processes have extracted, on each of them.

Letters: N images of the data set, of dimension D.
"""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from aanet.evaluation.metrics.feature_set import (
    FeatureSet,
    check_splits,
    list_labels,
)
from aanet.evaluation.metrics.processes import Processes

_BLOCK_BYTES = 2**24
"""Features are sent in blocks of this size."""

Records = Sequence[dict[str, Any]]


def gather_features(
    records: Records, size: int, processes: Processes
) -> FeatureSet:
    """Bring the features of all processes in the order of the data set.

    mmengine's samplers deal the images out in turns, and fill the last round
    up with images that had their turn: these are left out here.

    Args:
        records (Records): What this process has kept of its images.
        size (int): N.
        processes (Processes): All processes.

    Returns:
        FeatureSet: The same on every process.

    Raises:
        ValueError: On every process, if query or gallery images are missing
            or features differ in shape.
    """
    if processes.size == 1:
        return FeatureSet.from_results(records[:size])
    parts = processes.agree(partial(_describe, records))
    counts = [len(labels['splits']) for labels, _ in parts]
    order = _deal_back(counts)[:size]
    joint = {
        name: list(chain.from_iterable(labels[name] for labels, _ in parts))
        for name in parts[0][0]
    }
    check_splits([joint['splits'][place] for place in order])
    shape = _one_shape(set().union(*(shapes for _, shapes in parts)))
    features = np.empty((len(order), *shape), dtype=np.float32)
    rows = np.full(sum(counts), -1)
    rows[order] = np.arange(len(order))
    for source, own in enumerate(np.split(rows, np.cumsum(counts)[:-1])):
        _fill(features, own, source, records, processes)
    labels = {name: np.array(values)[order] for name, values in joint.items()}
    return FeatureSet(features=features, **labels)


def _describe(records: Records) -> tuple[dict[str, list], set[tuple]]:
    """All but the features, and the features' shapes."""
    shapes = {record['feature'].shape for record in records}
    return list_labels(records), shapes


def _one_shape(shapes: set[tuple]) -> tuple:
    if len(shapes) != 1:
        raise ValueError(
            f'features of different shapes cannot be ranked: {sorted(shapes)}.'
        )
    return shapes.pop()


def _deal_back(counts: list[int]) -> np.ndarray:
    """Places of the data set's images among those of rank 0, rank 1, ..."""
    turns = np.concatenate([np.arange(count) for count in counts])
    ranks = np.repeat(np.arange(len(counts)), counts)
    return np.lexsort((ranks, turns))


def _fill(
    features: np.ndarray,
    rows: np.ndarray,
    source: int,
    records: Records,
    processes: Processes,
) -> None:
    """Let one process send its features, and put them where they belong.

    Args:
        features (np.ndarray): Shape (N, D), changed in place.
        rows (np.ndarray): Row of each feature sent; -1 leaves it out.
        source (int): Rank of the sender.
        records (Records): What this process has kept.
        processes (Processes): All processes.
    """
    step = max(1, _BLOCK_BYTES // features[0].nbytes)
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        block = np.empty((len(part), *features.shape[1:]), features.dtype)
        if source == processes.rank:
            own = records[start : start + step]
            np.stack([record['feature'] for record in own], out=block)
        processes.send(block, source)
        wanted = part >= 0
        features[part[wanted]] = block[wanted]
