import logging
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from mmengine.runner import get_priority
from mmengine.visualization import Visualizer

from aanet.engine.hooks import ExtractionTimeHook
from aanet.engine.hooks import reid_visualization_hook as module
from aanet.engine.hooks.reid_visualization_hook import ReIDVisualizationHook
from aanet.registry import HOOKS
from tests.test_visualization.helpers import as_results, draw_set, join


@pytest.fixture
def runner(tmp_path):
    """What the hook uses of a runner whose metric has collected a set."""
    evaluator = Evaluator(dict(type='ReIDMetric'))
    evaluator.metrics[0].results = as_results(join(*draw_set(tmp_path)))
    loop = SimpleNamespace(evaluator=evaluator, dataloader=range(3))
    visualizer = Visualizer(
        vis_backends=[dict(type='LocalVisBackend')],
        save_dir=str(tmp_path / 'run'),
    )
    return SimpleNamespace(
        val_loop=loop, test_loop=loop, visualizer=visualizer, iter=40
    )


def sheets(tmp_path):
    return sorted(path.name for path in tmp_path.rglob('*ranking*.png'))


def validate(hook, runner):
    for batch_idx in range(3):
        hook.after_val_iter(runner, batch_idx)


def test_a_sheet_goes_to_the_back_ends_after_the_last_batch(runner, tmp_path):
    hook = HOOKS.build(dict(type='ReIDVisualizationHook'))
    for batch_idx in range(2):
        hook.after_val_iter(runner, batch_idx)
    assert sheets(tmp_path) == []
    hook.after_val_iter(runner, 2)
    assert sheets(tmp_path) == ['val_ranking_40.png']
    hook.after_test_iter(runner, 2)
    assert sheets(tmp_path) == ['test_ranking_40.png', 'val_ranking_40.png']
    (path, _) = tmp_path.rglob('*ranking*.png')
    sheet = cv2.imread(str(path))
    # Two queries have a match; green and red frames arrive as such.
    for color in ([0x50, 0x98, 0x1A], [0x27, 0x30, 0xD7]):
        assert (np.abs(sheet - np.array(color)).max(2) < 3).sum() > 1000


def test_only_every_nth_validation_is_shown(runner, tmp_path):
    hook = ReIDVisualizationHook(interval=2)
    for step, expected in [(1, 0), (2, 1), (3, 1), (4, 2)]:
        runner.iter = step
        validate(hook, runner)
        assert len(sheets(tmp_path)) == expected


def test_the_lists_are_the_metrics_own(runner, monkeypatch):
    seen = []
    monkeypatch.setattr(
        module, 'ranking_sheet', lambda rows, *text: seen.extend(rows)
    )
    monkeypatch.setattr(runner.visualizer, 'add_image', lambda *a, **k: None)
    validate(ReIDVisualizationHook(), runner)
    metric = runner.val_loop.evaluator.metrics[0]
    mean_ap = metric.compute_metrics(metric.results)['mAP']
    shown = [float(row.summary.split('%')[0].split()[1]) for row in seen]
    assert len(shown) == 2
    assert np.mean(shown) == pytest.approx(mean_ap, abs=0.1)
    assert [row.heading[-4:] for row in seen] == ['id 1', 'id 2']


def test_queries_without_a_match_are_passed_over(runner, monkeypatch):
    seen = []
    monkeypatch.setattr(
        module, 'ranking_sheet', lambda rows, *text: seen.extend(rows)
    )
    monkeypatch.setattr(runner.visualizer, 'add_image', lambda *a, **k: None)
    for result in runner.val_loop.evaluator.metrics[0].results:
        # Everyone of identity 2 is seen by one camera, which does not count.
        result['camid'] = 1 if result['pid'] == 2 else result['camid']
    validate(ReIDVisualizationHook(), runner)
    assert [row.heading for row in seen] == ['Query of id 1']


def test_the_metric_keeps_what_it_has_collected(runner):
    metric = runner.val_loop.evaluator.metrics[0]
    before = [dict(result) for result in metric.results]
    validate(ReIDVisualizationHook(), runner)
    assert len(before) == len(metric.results) == 9
    for one, other in zip(before, metric.results, strict=True):
        np.testing.assert_array_equal(one['feature'], other['feature'])


def test_several_processes_are_mentioned(runner, monkeypatch):
    texts = []
    monkeypatch.setattr(
        module, 'ranking_sheet', lambda rows, *text: texts.extend(text)
    )
    monkeypatch.setattr(runner.visualizer, 'add_image', lambda *a, **k: None)
    monkeypatch.setattr(module, 'get_world_size', lambda: 4)
    validate(ReIDVisualizationHook(), runner)
    assert 'only the 7 gallery images seen by the first of 4' in texts[1]


def test_drawing_is_not_taken_for_extraction():
    timer = get_priority(ExtractionTimeHook.priority)
    assert get_priority(ReIDVisualizationHook.priority) > timer


def test_other_processes_do_nothing(runner, tmp_path, monkeypatch):
    monkeypatch.setattr(module, 'is_main_process', lambda: False)
    validate(ReIDVisualizationHook(), runner)
    assert sheets(tmp_path) == []


def test_a_missing_picture_stops_no_training(runner, tmp_path, caplog):
    logger = MMLogger.get_instance('hook_test')
    logger.addHandler(caplog.handler)
    for path in tmp_path.glob('*.png'):
        path.unlink()
    with caplog.at_level(logging.WARNING):
        validate(ReIDVisualizationHook(), runner)
    assert 'ReIDVisualizationHook shows nothing: image' in caplog.text
    assert sheets(tmp_path) == []


@pytest.mark.parametrize('name', ['interval', 'num_queries', 'topk'])
def test_numbers_must_be_positive(name):
    with pytest.raises(ValueError, match=f'{name} of ReIDVis.*not 0'):
        ReIDVisualizationHook(**{name: 0})
