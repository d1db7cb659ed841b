from math import nan

import numpy as np
import pytest

from aanet.utils.log_figures import (
    run_names,
    score_figures,
    smooth,
    time_figures,
)
from aanet.utils.log_tables import as_table, score_rows, time_rows
from aanet.utils.training_log import TrainingLog


@pytest.fixture
def log():
    """Three epochs of ten iterations, the second of them slow."""
    entries = []
    for epoch, time in ((1, 0.2), (2, 0.5), (3, 0.2)):
        for step in (10 * epoch - 5, 10 * epoch):
            entries.append(
                {
                    'lr': 0.1,
                    'time': time,
                    'data_time': time / 4,
                    'images_per_s': 6 / time,
                    'loss': 10.0 - epoch,
                    'loss_cls': 8.0 - epoch,
                    'epoch': epoch,
                    'step': step,
                }
            )
        mean_ap = {1: 30.0, 2: 60.0, 3: 50.0}[epoch]
        entries.append(
            {'reid/mAP': mean_ap, 'reid/Rank-1': mean_ap + 9, 'step': epoch}
        )
    log = TrainingLog()
    log.add_start(entries)
    return log


def test_times(log):
    figures = time_figures(log)
    assert figures['total_seconds'] == pytest.approx(20 * 0.2 + 10 * 0.5)
    assert figures['iteration_seconds'] == pytest.approx(0.3)
    assert figures['epoch_seconds'] == pytest.approx(3.0)
    assert figures['data_share'] == pytest.approx(0.25)
    assert (figures['fastest_epoch'], figures['slowest_epoch']) == (1, 2)
    assert figures['slowest_seconds'] == pytest.approx(0.5)
    expected = np.std([0.2, 0.5, 0.2])
    assert figures['std_over_epochs'] == pytest.approx(expected)
    rows = time_rows(figures)
    assert rows['all iterations took'] == '0:00:09'
    assert rows['slowest epoch'] == '2: 0.500 s an iteration'


def test_no_times():
    with pytest.raises(ValueError, match='no training iteration has logged'):
        time_figures(TrainingLog())


def test_scores(log):
    figures = score_figures(log, 'reid/mAP')
    assert (figures['best'], figures['best_epoch']) == (60.0, 2)
    assert (figures['last'], figures['last_epoch']) == (50.0, 3)
    assert figures['best_scores'] == {'reid/mAP': 60.0, 'reid/Rank-1': 69.0}
    assert figures['losses'] == {'loss': 7.0, 'loss_cls': 5.0}
    rows = score_rows(figures)
    assert rows['best reid/mAP'] == '60.00 (epoch 2)'
    assert rows['reid/Rank-1 of the best'] == '69.00'
    assert 'reid/mAP of the best' not in rows


def test_another_score_decides(log):
    assert score_figures(log, 'reid/Rank-1')['best'] == 69.0
    with pytest.raises(ValueError, match="nothing named 'reid/map'"):
        score_figures(log, 'reid/map')
    with pytest.raises(ValueError, match="'loss' is no score"):
        score_figures(log, 'loss')


def test_no_score_yet(log):
    log.val.clear()
    rows = score_rows(score_figures(log, 'reid/mAP'))
    assert rows['best reid/mAP'] == 'not validated yet'
    assert rows['epochs'] == '3'


def test_runs_stand_side_by_side():
    table = as_table({'one': {'a': '1', 'b': '2'}, 'two': {'c': '3'}})
    cells = [
        [cell.strip() for cell in line.split('|')[1:-1]]
        for line in table.splitlines()
        if line.startswith('|')
    ]
    assert cells == [
        ['', 'one', 'two'],
        ['a', '1', '-'],
        ['b', '2', '-'],
        ['c', '-', '3'],
    ]


def test_smoothing_is_tensorboards():
    """Against the sum of the definition, divided by its weights."""
    values, weight = [3.0, 1.0, 4.0, 1.0, 5.0], 0.6
    smoothed = smooth(values, weight)
    for end, value in enumerate(smoothed, start=1):
        weights = weight ** np.arange(end)[::-1]
        expected = (weights * values[:end]).sum() / weights.sum()
        assert value == pytest.approx(expected)
    assert smooth(values, 0.0) == values
    assert smooth([2.0] * 9, 0.9) == pytest.approx([2.0] * 9)


def test_smoothing_survives_nan():
    one, gap, two = smooth([1.0, nan, 1.0], 0.5)
    assert (one, two) == (1.0, 1.0)
    assert np.isnan(gap)


@pytest.mark.parametrize('weight', [-0.1, 1.0])
def test_smoothing_needs_a_share(weight):
    with pytest.raises(ValueError, match=r'must be in \[0, 1\)'):
        smooth([1.0], weight)


def test_runs_are_named_by_their_folders(tmp_path):
    for run in ('a/x', 'b/x', 'y'):
        (tmp_path / run / 'vis_data').mkdir(parents=True)
    file = tmp_path / 'y' / 'vis_data' / 'scalars.json'
    file.touch()
    twins = [str(tmp_path / 'a/x'), str(tmp_path / 'b/x')]
    assert run_names([*twins, str(file)]) == [*twins, 'y']
    assert run_names(twins[:1]) == ['x']
