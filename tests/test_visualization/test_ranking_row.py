import numpy as np

from aanet.evaluation import ReIDMetric
from aanet.visualization import MetricRanking
from tests.test_visualization.helpers import draw_set, join


def rows_of_set(tmp_path, ap='step'):
    query, gallery = draw_set(tmp_path)
    # The query's neighbors stand in gallery order.
    query.features[:] = [1, 0, 0, 0, 0]
    gallery.features[:] = 0
    gallery.features[:, 0] = 1
    gallery.features[:, 1] = np.arange(7)
    ranking = MetricRanking(ReIDMetric(ap=ap), join(query, gallery))
    return ranking.rows([0, 1], topk=5), gallery


def test_a_row_says_who_and_where(tmp_path):
    rows, gallery = rows_of_set(tmp_path)
    first = rows[0]
    assert first.heading == 'Query of id 1'
    # Gallery image 1 shares identity and camera, image 5 is junk.
    assert first.summary == (
        'AP 100.0%, first match at rank 1, 1 match, 2 junk left out'
    )
    assert [tile.badge for tile in first.tiles] == ['query', *'12345']
    assert [tile.kind for tile in first.tiles] == [
        'query',
        'right',
        'wrong',
        'wrong',
        'wrong',
        'wrong',
    ]
    assert [tile.name for tile in first.tiles] == [
        'id 1',
        'id 1',
        'id 2',
        'id 2',
        'distractor',
        'distractor',
    ]
    assert [tile.detail for tile in first.tiles][:3] == [
        'camid 0',
        'camid 1, 0.000',
        'camid 0, 0.553',
    ]
    assert first.tiles[-1].detail.startswith('camid ?, ')
    assert first.tiles[1].path == gallery.img_paths[0]


def test_either_average_precision_can_be_shown(tmp_path):
    # The only match of the second query comes third.
    assert rows_of_set(tmp_path)[0][1].summary.startswith('AP 33.3%')
    trapezoid = rows_of_set(tmp_path, 'trapezoid')[0][1].summary
    assert trapezoid.startswith('AP 16.7%, first match at rank 3')
