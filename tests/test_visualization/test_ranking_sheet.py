from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from aanet.visualization import ranking_sheet
from aanet.visualization.ranking_row import (
    FRAME_COLORS,
    RankingRow,
    Tile,
)
from tests.test_visualization.helpers import draw_set


def row_of(paths, kinds):
    tiles = tuple(
        Tile(path, kind, str(rank), 'id 1', 'camid 0')
        for rank, (path, kind) in enumerate(zip(paths, kinds, strict=True))
    )
    return RankingRow('Query', 'summary', tiles)


def framed_columns(sheet, kind):
    """Runs of columns that hold tall lines of a frame's color."""
    color = np.round(np.array(to_rgb(FRAME_COLORS[kind])) * 255)
    same = np.abs(sheet - color).max(2) < 3
    columns = np.flatnonzero(same.sum(0) > 200)
    return np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)


def test_frames_stand_where_they_should(tmp_path):
    _, gallery = draw_set(tmp_path)
    kinds = ['query', 'wrong', 'right', 'wrong']
    row = row_of(gallery.img_paths[:4], kinds)
    sheet = ranking_sheet([row], 'title')
    left_edges = {
        kind: [run[0] for run in framed_columns(sheet, kind)[::2]]
        for kind in set(kinds)
    }
    order = sorted(
        (edge, kind) for kind, edges in left_edges.items() for edge in edges
    )
    assert [kind for _, kind in order] == kinds


def test_a_sheet_grows_with_rows_and_columns(tmp_path):
    _, gallery = draw_set(tmp_path)
    short = row_of(gallery.img_paths[:2], ['query', 'right'])
    long = row_of(gallery.img_paths[:3], ['query', 'right', 'wrong'])
    one = ranking_sheet([short], 'title')
    two = ranking_sheet([short, long], 'title', 'one\ntwo')
    assert one.dtype == np.uint8
    assert two.shape[0] > one.shape[0] + 200
    assert two.shape[1] > one.shape[1] + 100
    # The white border is free, so nothing was cut off.
    for edge in (two[:10], two[-10:], two[:, :10], two[:, -10:]):
        assert (edge == 255).all()


@pytest.mark.parametrize('text', ['title', 'subtitle', 'heading'])
def test_long_lines_widen_the_sheet(tmp_path, text):
    _, gallery = draw_set(tmp_path)
    row = row_of(gallery.img_paths[:2], ['query', 'right'])
    texts = {'title': 'title', 'subtitle': 'sub'}
    narrow = ranking_sheet([row], **texts)
    if text == 'heading':
        row = replace(row, heading='Wm' * 30)
    else:
        texts[text] = 'Wm' * 30
    wide = ranking_sheet([row], **texts)
    assert wide.shape[1] > narrow.shape[1] + 200
    assert (wide[:, -20:] == 255).all()


def test_a_missing_picture_is_named():
    row = row_of(['nowhere.jpg'], ['query'])
    with pytest.raises(FileNotFoundError, match=r'nowhere\.jpg'):
        ranking_sheet([row], 'title')
