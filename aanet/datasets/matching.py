"""The rule of re-identification tests: a match is by another camera."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from aanet.datasets.records import NO_CAMERA, Record


def cameras_of_ids(records: Iterable[Record]) -> dict[int, set[int]]:
    """Collect the cameras that see each identity.

    Args:
        records (Iterable[Record]): The images.

    Returns:
        dict[int, set[int]]: Cameras by pid.
    """
    cameras: dict[int, set[int]] = defaultdict(set)
    for record in records:
        cameras[record.pid].add(record.camid)
    return dict(cameras)


def has_match(query: Record, cameras: Mapping[int, set[int]]) -> bool:
    """Tell whether a gallery holds a match of a query.

    Args:
        query (Record): The query.
        cameras (Mapping[int, set[int]]): Which cameras see each identity in
            the gallery.

    Returns:
        bool: Whether another camera sees it, or any at all if the query's
        camera is unknown.
    """
    camids = cameras.get(query.pid, set())
    return bool(camids if query.camid == NO_CAMERA else camids - {query.camid})
