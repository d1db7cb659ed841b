"""Which persons, and which pictures of them, to look at."""

from collections.abc import Sequence

import numpy as np

from aanet.datasets.records import DISTRACTOR_PID


def choose_people(pids: Sequence[int], num: int) -> list[int]:
    """Choose identities, evenly spread over those with several images.

    Args:
        pids (Sequence[int]): Identity of each image; distractors and junk
            are passed over.
        num (int): How many at most.

    Returns:
        list[int]: Identities in ascending order.

    Raises:
        ValueError: If ``num`` is not positive, or no identity has two
            images.
    """
    if num < 1:
        raise ValueError(f'the number of ids must be >= 1, not {num}.')
    values, counts = np.unique(np.asarray(pids), return_counts=True)
    people = values[(values > DISTRACTOR_PID) & (counts > 1)]
    if len(people) == 0:
        raise ValueError('no identity of the test set has two images.')
    spread = np.linspace(0, len(people) - 1, min(num, len(people)))
    return people[spread.round().astype(int)].tolist()


def spread_over_cameras(camids: Sequence[int], num: int) -> list[int]:
    """Choose images of one person from as many cameras as there are.

    Args:
        camids (Sequence[int]): Camera of each image.
        num (int): How many at most.

    Returns:
        list[int]: Indices of images, sorted by camera: the first of each
        camera, then the second of each, and so on until there are enough.
    """
    seen: dict[int, int] = {}
    turns = []
    for index, camid in enumerate(camids):
        seen[camid] = seen.get(camid, 0) + 1
        turns.append((seen[camid], camid, index))
    chosen = sorted(turns)[:num]
    return [index for _, _, index in sorted(chosen, key=lambda t: t[1:])]
