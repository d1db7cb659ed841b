"""What a row of a ranking shows: pictures, frames and captions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aanet.evaluation.metrics.feature_set import FeatureSet
from aanet.evaluation.metrics.report import percent
from aanet.visualization.ranked_list import RankedList

QUERY, RIGHT, WRONG = 'query', 'right', 'wrong'

FRAME_COLORS = {QUERY: '#4a5568', RIGHT: '#1a9850', WRONG: '#d73027'}
"""Gray, green and red frames."""

MARKS = {QUERY: '', RIGHT: '✓', WRONG: '✗'}
"""Tell right from wrong where colors do not."""


LEGEND = (
    "Green: the query's person; red: someone else. Below: identity, camera "
    'and distance.'
)


@dataclass(frozen=True)
class Tile:
    """One picture of a row.

    Attributes:
        path (str): File of the picture.
        kind (str): ``'query'``, ``'right'`` or ``'wrong'``.
        badge (str): Its rank, or ``'query'``.
        name (str): Who it shows.
        detail (str): Camera and distance.
    """

    path: str
    kind: str
    badge: str
    name: str
    detail: str


@dataclass(frozen=True)
class RankingRow:
    """A query and its nearest gallery images.

    Attributes:
        heading (str): Whose query it is.
        summary (str): How well it was ranked.
        tiles (tuple[Tile, ...]): The query, then the gallery images.
    """

    heading: str
    summary: str
    tiles: tuple[Tile, ...]


def ranking_rows(
    lists: Sequence[RankedList],
    query: FeatureSet,
    gallery: FeatureSet,
    ap: str = 'step',
) -> list[RankingRow]:
    """Describe ranked lists.

    A gallery identity that no query has is named a distractor.

    Args:
        lists (Sequence[RankedList]): The lists.
        query (FeatureSet): All queries.
        gallery (FeatureSet): The gallery.
        ap (str): Average precision to show, ``'step'`` or
            ``'trapezoid'``. Defaults to ``'step'``.

    Returns:
        list[RankingRow]: One row for each list.
    """
    known = set(query.pids.tolist())
    return [_row(item, query, gallery, known, ap) for item in lists]


def _row(
    item: RankedList,
    query: FeatureSet,
    gallery: FeatureSet,
    known: set[int],
    ap: str,
) -> RankingRow:
    pid = int(query.pids[item.query])
    asked = Tile(
        path=str(query.img_paths[item.query]),
        kind=QUERY,
        badge='query',
        name=f'id {pid}',
        detail=_camera(query.camids[item.query]),
    )
    found = (
        _gallery_tile(item, rank, gallery, known)
        for rank in range(1, len(item.gallery) + 1)
    )
    precision = item.ap if ap == 'step' else item.ap_trapezoid
    matches = 'match' if item.num_matches == 1 else 'matches'
    summary = (
        f'AP {percent(precision)}%, first match at rank {item.first_match}, '
        f'{item.num_matches} {matches}, {item.num_junk} junk left out'
    )
    return RankingRow(f'Query of id {pid}', summary, (asked, *found))


def _gallery_tile(
    item: RankedList, rank: int, gallery: FeatureSet, known: set[int]
) -> Tile:
    index = item.gallery[rank - 1]
    pid = int(gallery.pids[index])
    camera = _camera(gallery.camids[index])
    return Tile(
        path=str(gallery.img_paths[index]),
        kind=RIGHT if item.right[rank - 1] else WRONG,
        badge=str(rank),
        name=f'id {pid}' if pid in known else 'distractor',
        detail=f'{camera}, {item.distances[rank - 1]:.3f}',
    )


def _camera(camid: np.integer) -> str:
    return 'camid ?' if camid == -1 else f'camid {camid}'
