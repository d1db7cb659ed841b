"""A validation split of train identities, for choosing models by."""

import random
from collections.abc import Sequence

from aanet.datasets.matching import cameras_of_ids, has_match
from aanet.datasets.records import Record


def choose_held_out(
    records: Sequence[Record], num_ids: int, seed: int
) -> set[int]:
    """Choose the identities that training leaves out.

    Args:
        records (Sequence[Record]): The train images.
        num_ids (int): How many identities to hold out.
        seed (int): Which ones; the same on every machine.

    Returns:
        set[int]: Their pids.

    Raises:
        ValueError: If no identity would be left for training.
    """
    if num_ids == 0:
        return set()
    pids = sorted({record.pid for record in records})
    if not 0 <= num_ids < len(pids):
        raise ValueError(
            f'val_ids={num_ids} identities cannot be held out of '
            f'{len(pids)} train identities: choose fewer.'
        )
    return set(random.Random(seed).sample(pids, num_ids))


def split_query_gallery(
    records: Sequence[Record],
) -> tuple[list[Record], list[Record]]:
    """Make a query and a gallery of images, as a test set has them.

    The first image of each identity in each camera becomes a query if an
    image of that identity by another camera is left for the gallery. All
    the others are the gallery. Images without a camera count as one camera
    that matches itself.

    Args:
        records (Sequence[Record]): Images of the held-out identities.

    Returns:
        tuple[list[Record], list[Record]]: Query and gallery, in the order
        of ``records``.

    Raises:
        ValueError: If no image can be a query.
    """
    first: dict[tuple[int, int], Record] = {}
    for record in records:
        first.setdefault((record.pid, record.camid), record)
    candidates = set(first.values())
    cameras = cameras_of_ids(r for r in records if r not in candidates)
    queries = {query for query in candidates if has_match(query, cameras)}
    if not queries:
        raise ValueError(
            "split='val' has no query: none of the held-out identities has "
            'enough images in two cameras; raise val_ids or change val_seed.'
        )
    return (
        [record for record in records if record in queries],
        [record for record in records if record not in queries],
    )
