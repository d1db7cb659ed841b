import numpy as np
import pytest

from aanet.visualization import Attention, attention_sheet
from aanet.visualization.attention_sheet import MAX_COLUMNS
from aanet.visualization.attention_side import Side
from aanet.visualization.canvas import DPI


def attention_of(count, classes=True, stripes=3, box=(1, 4, 0, 1)):
    rng = np.random.default_rng(0)
    return Attention(
        maps=rng.random((count, 6, 3)),
        boxes=np.array([box] * count),
        vectors=rng.random((count, 6)).astype(np.float32),
        classes=np.arange(count) if classes else None,
        stripes=[rng.random((count, 2, 3)) for _ in range(stripes)],
    )


def sheet_of(count, **options):
    images = np.full((count, 96, 48, 3), 90, np.uint8)
    captions = [f'camid {index}' for index in range(count)]
    return attention_sheet(
        images, attention_of(count, **options), captions, 'title'
    )


@pytest.mark.parametrize('count', [1, 4, 9])
@pytest.mark.parametrize('options', [{}, {'classes': False, 'stripes': 0}])
def test_nothing_is_cut_off(count, options):
    sheet = sheet_of(count, **options)
    for edge in (sheet[:10], sheet[-10:], sheet[:, :10], sheet[:, -10:]):
        assert (edge == 255).all()


def test_a_long_title_widens_the_sheet():
    images = np.full((1, 96, 48, 3), 90, np.uint8)
    attention = attention_of(1, stripes=0)
    sheet = attention_sheet(images, attention, ['a'], 'Wm' * 30)
    assert sheet.shape[1] > sheet_of(1, stripes=0).shape[1] + 200
    assert (sheet[:, -20:] == 255).all()


def test_each_image_has_a_column_and_stripes_have_a_row():
    one, two, three = (sheet_of(n, stripes=0).shape for n in (1, 2, 3))
    assert two[1] - one[1] == pytest.approx(three[1] - two[1], abs=1)
    assert two[1] - one[1] > DPI
    assert sheet_of(3).shape[0] - three[0] > 2 * DPI


def test_many_images_go_on_below():
    eight, nine = sheet_of(MAX_COLUMNS).shape, sheet_of(MAX_COLUMNS + 1).shape
    # Three more rows of pictures, and only the matrix grows sideways.
    assert nine[0] - eight[0] > 3 * 2.6 * DPI
    assert nine[1] - eight[1] < DPI


def test_one_image_has_nothing_to_be_compared_with():
    side = Side(attention_of(1))
    assert side.height < Side(attention_of(2)).height - 1


@pytest.mark.parametrize('box', [(1, 4, 0, 1), (0, 5, 0, 2)])
def test_only_aam_draws_a_crop(box):
    """The white box makes the sheets differ, within the pictures."""
    with_crop, without = sheet_of(1, box=box), sheet_of(1, classes=False)
    assert with_crop.shape == without.shape
    picture = np.s_[:, int(0.6 * DPI) : int(1.9 * DPI)]
    fresh = (with_crop[picture] == 255).all(2) & ~(
        without[picture] == 255
    ).all(2)
    top, bottom, first, last = box
    width = 1.3 * DPI * (last + 1 - first) / 3
    height = 2.6 * DPI * (bottom + 1 - top) / 6
    # Each of the four sides can be seen.
    rows, columns = fresh.sum(1), fresh.sum(0)
    across = np.flatnonzero(rows > 0.9 * width)
    along = np.flatnonzero(columns > 0.9 * height)
    assert max(rows) == pytest.approx(width, rel=0.1)
    assert max(columns) == pytest.approx(height, rel=0.1)
    assert across[-1] - across[0] == pytest.approx(height, rel=0.1)
    assert along[-1] - along[0] == pytest.approx(width, rel=0.1)
