"""What the looking tools show, against what a training did."""

import json

import cv2
import matplotlib.axes
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)

from aanet.visualization import batch_sheet as sheets
from aanet.visualization.epoch_length import epoch_length
from aanet.visualization.schedule import follow_schedule
from aanet.visualization.train_batches import TrainBatches
from tests.helpers.tools import run_inside, run_tool, write_tiny_config

BROWSE = 'tools/visualization/browse_dataset.py'
SCHEDULER = 'tools/visualization/vis_scheduler.py'
LOGS = 'tools/analysis_tools/analyze_logs.py'

EXTRA = """
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=4),
    dict(type='PartialMultiStepLR', milestones=[1], skip='head.'),
]
optim_wrapper = dict(constructor='NamedGroupConstructor')
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='ReIDVisualizationHook', num_queries=2, topk=3),
]
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval=9))
"""
EPOCH, TOTAL = 6, 12


class Spy(Hook):
    """Remembers the rates and the images of every iteration."""

    def __init__(self):
        self.rates, self.images, self.paths = [], [], []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.rates.append(
            {
                group['name']: group['lr']
                for group in runner.optim_wrapper.optimizer.param_groups
            }
        )
        self.images.append(data_batch['inputs'].clone())
        samples = data_batch['data_samples']
        self.paths.append([sample.img_path for sample in samples])


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """Config, its path, work folder and what a training went through."""
    folder = tmp_path_factory.mktemp('look')
    path = write_tiny_config(folder, EXTRA)
    cfg = Config.fromfile(path)
    cfg.work_dir = str(folder / 'run')
    spy = Spy()
    with DefaultScope.overwrite_default_scope('aanet'):
        runner = Runner.from_cfg(cfg)
        runner.register_hook(spy)
        runner.train()
    runner.visualizer.close()
    return cfg, path, folder / 'run', spy


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a tool in this process; its status and what it printed."""

    def call(*arguments):
        return run_inside(monkeypatch, capsys, *arguments)

    return call


def entries(work_dir):
    """The lines of the only log in a work folder."""
    (path,) = work_dir.glob('*/vis_data/scalars.json')
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_schedule_is_the_trainings(trained):
    cfg, _, work_dir, spy = trained
    courses = follow_schedule(cfg, 'lr', epoch_length(cfg))
    assert len(courses) == 2
    for step, rates in enumerate(spy.rates, start=1):
        expected = {rates[name] for name in rates}
        assert {course.at(step) for course in courses} == expected
        head = next(c for c in courses if c.name == 'head')
        assert head.at(step) == rates['head.parts.0.1.weight']
    train = [entry for entry in entries(work_dir) if 'lr' in entry]
    first = next(c for c in courses if c.name != 'head')
    assert [first.at(entry['step']) for entry in train] == pytest.approx(
        [entry['lr'] for entry in train]
    )
    assert len(spy.rates) == TOTAL


def test_the_batches_are_the_trainings(trained):
    cfg, _, _, spy = trained
    batches = TrainBatches(cfg)
    for number in (0, 3, EPOCH, TOTAL - 1):
        epoch, batch = number // EPOCH + 1, number % EPOCH + 1
        images = batches.images(batches.indices(epoch, batch), 'transformed')
        assert [image.path for image in images] == spy.paths[number]
        fed = spy.images[number].flip(1).permute(0, 2, 3, 1).numpy()
        for image, expected in zip(images, fed, strict=True):
            np.testing.assert_array_equal(image.stages[0][1], expected)


def test_the_hook_sends_lists_to_tensorboard(trained):
    """The very sheet that the local back end has written."""
    work_dir = trained[2]
    (events,) = work_dir.glob('*/vis_data/events*')
    board = EventAccumulator(str(events), size_guidance={'images': 0})
    board.Reload()
    (shown,) = board.Images('val_ranking')
    assert shown.step == TOTAL
    data = np.frombuffer(shown.encoded_image_string, np.uint8)
    (file,) = work_dir.rglob('val_ranking_*.png')
    np.testing.assert_array_equal(
        cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.imread(str(file))
    )


def test_browsing_draws_identities_in_rows(
    trained, tmp_path, run, monkeypatch
):
    _, path, _, spy = trained
    drawn = []
    draw = sheets.batch_sheet
    monkeypatch.setattr(
        sheets,
        'batch_sheet',
        lambda images, *text: (
            drawn.append((images, text)) or draw(images, *text)
        ),
    )
    status, printed = run(
        *(BROWSE, path, '--out-dir', tmp_path, '--epochs', 2),
        *('--batches', 1, 4, '--mode', 'concat'),
    )
    assert status == 0, printed.err
    assert [text[0] for _, text in drawn] == [
        'tiny: epoch 2, batch 1 of 6',
        'tiny: epoch 2, batch 4 of 6',
    ]
    assert drawn[0][1][1].startswith('6 images of 3 identities, as the files')
    for (images, _), number in zip(drawn, (6, 9), strict=True):
        assert [image.path for image in images] == spy.paths[number]
        rows = sheets.rows_of(images)
        assert [len(row) for row in rows] == [2, 2, 2]
        sheet = cv2.imread(
            str(tmp_path / f'epoch2_batch{number - 5}_concat.png')
        )
        assert sheet.shape[0] > 3 * 1.5 * 120


def test_browsing_from_the_shell(trained, tmp_path):
    done = run_tool(
        BROWSE, trained[1], '-o', tmp_path, '-m', 'pipeline', '--num-ids', 1
    )
    assert 'wrote ' in done.stdout and done.stderr.count('\n') < 3
    picture = cv2.imread(str(tmp_path / 'epoch1_batch1_pipeline.png'))
    # One row of two images with five steps each.
    assert picture.shape[1] > 10 * 0.75 * 120 > 2 * picture.shape[0] - 120


def test_the_scheduler_from_the_shell(trained, tmp_path):
    out = tmp_path / 'lr.png'
    done = run_tool(SCHEDULER, trained[1], '--out', out)
    lines = done.stdout.splitlines()
    assert lines == [
        '6 iterations in an epoch, 12 in all',
        'backbone, neck: 0.002, 0.008 from iteration 2 (epoch 1), 0.014 from '
        'iteration 3 (epoch 1), 0.02 from iteration 4 (epoch 1), 0.002 from '
        'iteration 7 (epoch 2)',
        'head: 0.01, 0.04 from iteration 2 (epoch 1), 0.07 from iteration 3 '
        '(epoch 1), 0.1 from iteration 4 (epoch 1)',
        f'wrote {out}',
    ]
    assert cv2.imread(str(out)).std() > 20


def test_the_scheduler_draws_what_it_follows(
    trained, tmp_path, run, monkeypatch
):
    drawn = spy_on_plot(monkeypatch)
    status, printed = run(
        *(SCHEDULER, trained[1], '--out', tmp_path / 'wd.png', '-p', 'wd'),
        *('-d', 600, '-n', 2, '--scale', 'linear'),
    )
    assert status == 0, printed.err
    assert '50 iterations in an epoch, 100 in all' in printed.out
    assert drawn[0] == ([1, 100], [5e-4, 5e-4])


def spy_on_plot(monkeypatch):
    """Collects what is drawn from here on."""
    drawn = []
    plot = matplotlib.axes.Axes.plot

    def spy(axes, x, y, **style):
        drawn.append((list(x), list(y)))
        return plot(axes, x, y, **style)

    monkeypatch.setattr(matplotlib.axes.Axes, 'plot', spy)
    return drawn


def test_curves_are_those_of_the_log(trained, tmp_path, run, monkeypatch):
    work_dir, out = trained[2], tmp_path / 'curves.png'
    drawn = spy_on_plot(monkeypatch)
    status, printed = run(
        *(LOGS, 'plot_curve', work_dir, '--keys', 'loss_cls', 'reid/mAP'),
        *('--smooth', 0.5, '--out', out),
    )
    assert status == 0, printed.err
    logged = entries(work_dir)
    train = [entry for entry in logged if 'loss_cls' in entry]
    steps = [entry['step'] for entry in train]
    raw, smoothed, scores = drawn
    assert raw == (steps, [entry['loss_cls'] for entry in train])
    assert smoothed[0] == steps and smoothed[1][0] == raw[1][0]
    assert np.ptp(smoothed[1]) <= np.ptp(raw[1])
    assert scores == ([TOTAL], [logged[-1]['reid/mAP']])
    assert cv2.imread(str(out)).std() > 10


def test_two_runs_share_a_picture(trained, tmp_path, run, monkeypatch):
    work_dir = trained[2]
    (log,) = work_dir.glob('*/vis_data/scalars.json')
    drawn = spy_on_plot(monkeypatch)
    status, printed = run(
        *(LOGS, 'plot_curve', work_dir, log, '--legend', 'one', 'two'),
        *('--by', 'epoch', '--out', tmp_path / 'curves.png'),
    )
    assert status == 0, printed.err
    assert drawn[0] == drawn[1]
    assert drawn[0][0] == pytest.approx(np.arange(1, TOTAL + 1) / EPOCH)


def test_summary_from_the_shell(trained):
    work_dir = trained[2]
    done = run_tool(LOGS, 'summary', work_dir, '--json')
    (figures,) = json.loads(done.stdout).values()
    last = entries(work_dir)[-1]
    assert figures['best'] == figures['last'] == last['reid/mAP']
    assert figures['best_epoch'] == figures['epochs'] == 2
    assert figures['best_scores']['reid/Rank-1'] == last['reid/Rank-1']


def test_tables_of_times_and_scores(trained, run):
    work_dir = trained[2]
    status, printed = run(LOGS, 'cal_train_time', work_dir)
    assert status == 0, printed.err
    times = [e['time'] for e in entries(work_dir) if 'lr' in e]
    assert f'| {np.mean(times):.3f} s ' in printed.out
    assert '12, 1 start(s)' in printed.out
    status, printed = run(LOGS, 'summary', work_dir)
    score = entries(work_dir)[-1]['reid/mAP']
    assert f'{score:.2f} (epoch 2)' in printed.out


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ((LOGS, 'summary', 'nowhere'), 'nowhere does not exist: give the'),
        ((LOGS, 'summary', 'tools'), 'tools holds no training log'),
        ((LOGS, 'summary', 'setup.py'), 'setup.py is no training log'),
        ((LOGS, 'summary', 'a', '--legend', 'x', 'y'), '1 logs need as many'),
        ((BROWSE, 'nowhere.py'), 'config nowhere.py does not exist'),
        ((SCHEDULER, 'nowhere.py'), 'config nowhere.py does not exist'),
    ],
)
def test_bad_input_is_one_sentence(run, arguments, message):
    status, printed = run(*arguments)
    assert status == 1
    assert message in printed.err and 'Traceback' not in printed.err


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ((BROWSE, '--batches', 7), 'has the batches 1 to 6: there is no 7'),
        ((BROWSE, '--num-ids', 0), '--num-ids must be at least 1'),
        ((SCHEDULER, '-d', 5), "epoch_length='images' has 0 batches"),
        ((SCHEDULER, '-n', 0), '--ngpus must be at least 1, not 0'),
    ],
)
def test_bad_numbers_are_one_sentence(trained, run, arguments, message):
    tool, *rest = arguments
    status, printed = run(tool, trained[1], *rest)
    assert status == 1
    assert message in printed.err and 'Traceback' not in printed.err


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (('--keys', 'los'), "nothing named 'los' was logged: choose among"),
        (('--smooth', 1), 'must be in [0, 1), not 1'),
    ],
)
def test_bad_curves_are_one_sentence(trained, run, options, message):
    status, printed = run(LOGS, 'plot_curve', trained[2], *options)
    assert status == 1
    assert message in printed.err
