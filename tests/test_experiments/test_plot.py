"""Figure 6 from results."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from aanet.experiments.plot import draw


def result(value):
    return {'scores': {'Rank-1': value, 'mAP': value / 2}}


def test_a_panel_for_each_table(table, jobs, tmp_path):
    rows = [
        (jobs[0], [result(50.0), result(52.0)]),
        (jobs[2], [result(40.0)]),
    ]
    sizes = []
    for count in (1, 2):
        path = tmp_path / f'{count}.png'
        draw([(table, rows)] * count, path)
        picture = cv2.imread(str(path))
        sizes.append(picture.shape)
        # Both curves in their colors, blue first here.
        for color in ((180, 119, 31), (14, 127, 255)):
            assert np.all(picture == color, axis=2).sum() > 200
    assert sizes[1][1] == 2 * sizes[0][1]


def test_curves_end_where_results_do(table, jobs, tmp_path):
    """The paper's figure of BL alone is a curve, too."""
    draw([(table, [(jobs[0], []), (jobs[2], [])])], tmp_path / 'a.png')
    assert (tmp_path / 'a.png').stat().st_size > 0


def test_nothing_to_draw(table, jobs, tmp_path):
    with pytest.raises(ValueError, match='nothing to draw yet'):
        draw([(table, [(jobs[2], [])])], tmp_path / 'a.png')
    assert list(tmp_path.glob('*.png')) == []


def test_table_without_an_axis(table, jobs, tmp_path):
    table = replace(table, rows=[replace(table.rows[0], x=None)])
    with pytest.raises(ValueError, match='small cannot be drawn'):
        draw([(table, [(jobs[0], [])])], tmp_path / 'a.png')
