import re

import numpy as np
import pytest
from mmengine.evaluator import Evaluator

from aanet.evaluation import ReIDMetric
from aanet.visualization import MetricRanking, find_reid_metric
from tests.test_visualization.helpers import as_results, draw_set, join


def shown_ap(row):
    return float(re.match(r'AP ([\d.]+)%', row.summary)[1])


@pytest.mark.parametrize(
    'options',
    [
        {},
        {'distance': 'euclidean'},
        {'ap': 'trapezoid'},
        {'rerank': {'k1': 3, 'k2': 2}},
        {'max_memory_mb': 0.0001},
    ],
)
@pytest.mark.parametrize('seed', [0, 1])
def test_rows_add_up_to_the_scores_of_the_metric(tmp_path, options, seed):
    features = join(*draw_set(tmp_path, seed))
    metric = ReIDMetric(**options)
    ranking = MetricRanking(metric, features)
    scores = metric.compute_metrics(as_results(features))
    rows = ranking.rows([0, 1], topk=10)
    assert scores['mAP'] == pytest.approx(100 * ranking.ap.mean())
    np.testing.assert_allclose(
        [shown_ap(row) for row in rows], 100 * ranking.ap, atol=0.051
    )
    for rank in (1, 5):
        kinds = [[t.kind for t in row.tiles[1 : rank + 1]] for row in rows]
        found = np.mean(['right' in row for row in kinds])
        assert scores[f'Rank-{rank}'] == pytest.approx(100 * found)
    name = f'mAP ({metric.ap})'
    assert ranking.scores[name] == f'{scores["mAP"]:.1f}%'
    assert ranking.scores['Rank-1'] == f'{scores["Rank-1"]:.1f}%'
    assert ranking.details['distance'] == metric.distance


def test_queries_without_a_match_have_no_average_precision(tmp_path):
    query, gallery = draw_set(tmp_path)
    query.pids[0] = 9
    ranking = MetricRanking(ReIDMetric(), join(query, gallery))
    assert np.isnan(ranking.ap).tolist() == [True, False]


def test_the_metric_is_found_among_others():
    evaluator = Evaluator(
        [dict(type='mmpretrain.Accuracy'), dict(type='ReIDMetric')]
    )
    assert find_reid_metric(evaluator) is evaluator.metrics[1]
    with pytest.raises(ValueError, match='ranked lists need a ReIDMetric'):
        find_reid_metric(Evaluator(dict(type='mmpretrain.Accuracy')))
