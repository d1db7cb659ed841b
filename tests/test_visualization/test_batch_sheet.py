import numpy as np
import pytest

from aanet.visualization.batch_sheet import (
    batch_sheet,
    caption,
    row_label,
    rows_of,
)
from aanet.visualization.canvas import DPI
from aanet.visualization.train_batches import TrainImage

COLORS = [(200, 40, 40), (40, 200, 40), (40, 40, 200), (200, 200, 40)]


def image(label, color=(90, 90, 90), stages=1, **options):
    picture = np.full((96, 48, 3), color, np.uint8)
    settings = dict(path=f'{label}.jpg', pid=str(label + 1), camid=2)
    return TrainImage(
        label=label,
        stages=[(f'Step{number}', picture) for number in range(stages)],
        **{**settings, **options},
    )


def boxes(sheet, color):
    """Where the pictures of a color begin, from top to bottom."""
    match = (sheet == np.array(color)).all(2)
    rows, columns = np.nonzero(match)
    return rows.min(), columns.min(), match.sum()


def test_a_row_is_an_identity_and_a_column_an_image():
    batch = [
        image(label, COLORS[2 * row + column])
        for row, label in enumerate((7, 3))
        for column in range(2)
    ]
    rows = rows_of(batch)
    assert [[item.label for item in row] for row in rows] == [[7, 7], [3, 3]]
    sheet = batch_sheet(batch, 'title')
    places = [boxes(sheet, color) for color in COLORS]
    (a, b, c, d) = places
    assert a[0] == b[0] < c[0] == d[0]
    assert a[1] == c[1] < b[1] == d[1]
    # 1.5 inches high and half as wide, within the frame.
    for _, _, area in places:
        assert area == pytest.approx(1.5 * 0.75 * DPI**2, rel=0.05)


def test_labels_say_who_where_and_which_file():
    one = image(4, path='/data/0005_c3s1_000001.jpg', camid=2)
    assert row_label(one) == 'id 5\nclass 4'
    assert caption(one) == 'camid 2\n0005_c3s1_000001.jpg'
    other = image(4, path='x' * 50 + '.jpg', camid=-1, pid='')
    assert row_label(other) == 'class 4'
    assert caption(other) == f'camid ?\n...{"x" * 25}.jpg'


@pytest.mark.parametrize('stages', [1, 5])
@pytest.mark.parametrize('count', [1, 4])
def test_nothing_is_cut_off(count, stages):
    batch = [image(label, stages=stages) for label in (0, 1, 2)] * count
    sheet = batch_sheet(batch, 'title', 'a subtitle of many words ' * 4)
    for edge in (sheet[:10], sheet[-10:], sheet[:, :10], sheet[:, -10:]):
        assert (edge == 255).all()


def test_pictures_keep_their_shape():
    wide = np.full((40, 120, 3), COLORS[0], np.uint8)
    batch = [
        TrainImage('a', 0, '1', 0, [('file', wide)]),
        image(0, COLORS[1]),
    ]
    sheet = batch_sheet(batch, 'title')
    for color, ratio in ((COLORS[0], 3), (COLORS[1], 0.5)):
        rows, columns = np.nonzero((sheet == np.array(color)).all(2))
        width, height = np.ptp(columns) + 1, np.ptp(rows) + 1
        assert width / height == pytest.approx(ratio, rel=0.05)
