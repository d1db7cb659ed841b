"""Tables are run, stopped, gone on with and printed, as users do it."""

import csv
import os
import signal
import subprocess
import sys
import time

import cv2
import pytest
import yaml

from tests.helpers.tools import (
    ROOT,
    run_inside,
    run_tool,
    write_tiny_config,
)

RUN = 'tools/experiments/run_table.py'
SHOW = 'tools/experiments/show_table.py'


def write_table(folder):
    """Two rows that run, one that cannot, and one that equals another."""
    config = str(write_tiny_config(folder, 'train_cfg = dict(max_epochs=3)'))
    table = {
        'title': 'Tiny: three rows',
        'columns': ['params', 'Rank-1', 'train_minutes', 'test_ms'],
        'datasets': [config],
        'note': 'Drawn pictures.',
        'x_label': 'alignment',
        'rows': [
            {
                'name': 'whole',
                'config': config,
                'paper': {'tiny': {'Rank-1': 99.0}},
                'x': 1,
            },
            {
                'name': 'broken',
                'config': config,
                'override': {'train_dataloader.batch_size': 5},
                'x': 2,
            },
            {
                'name': 'same',
                'config': config,
                'override': {'model.neck.threshold_h': 0.3},
                'x': 1,
            },
            {
                'name': 'no neck',
                'config': config,
                'override': {'model.neck': None},
                'x': 0,
            },
        ],
    }
    path = folder / 'tiny_table.yml'
    path.write_text(yaml.safe_dump(table), 'utf-8')
    return path


def kill_after_first_epoch(table, out):
    """Start the table, and kill all its processes within its first run."""
    process = subprocess.Popen(
        [sys.executable, RUN, str(table), '--out', str(out)],
        cwd=ROOT,
        env=os.environ | {'OMP_NUM_THREADS': '1'},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + 120
    while not list(out.rglob('epoch_1.pth')) and time.monotonic() < end:
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope='module')
def finished(tmp_path_factory):
    """Table and folder of runs that were killed, resumed and finished."""
    folder = tmp_path_factory.mktemp('experiments')
    table, out = write_table(folder), folder / 'out'
    kill_after_first_epoch(table, out)
    assert list(out.rglob('epoch_1.pth'))
    assert not list(out.rglob('result.json'))
    done = run_tool(RUN, table, '--out', out, '--jobs', '2', check=False)
    return table, out, done


def test_a_broken_row_is_reported_and_stops_no_other(finished):
    _, out, done = finished
    assert done.returncode == 1
    assert done.stdout.startswith('3 runs, 2 at a time')
    assert done.stdout.count('[done]') == 2
    assert '[done] no neck, tiny, seed 0: Rank-1' in done.stdout
    assert 'error: 1 of 3 runs failed' in done.stderr
    assert 'broken, tiny, seed 0: ' in done.stderr
    assert 'error: train_dataloader.batch_size is 5' in done.stderr
    assert len(list(out.rglob('result.json'))) == 2


def test_a_killed_run_went_on(finished):
    _, out, _ = finished
    logs = [path.read_text('utf-8') for path in out.rglob('run.log')]
    assert sum('resumed epoch: 1, iter: 6' in log for log in logs) == 1


def test_second_start_runs_only_what_has_no_result(
    finished, monkeypatch, capsys
):
    table, out, _ = finished
    results = {path: path.stat().st_mtime_ns for path in out.rglob('*.json')}
    command = (table, '--out', out, '--rows', 'whole', 'same', 'no neck')
    status, printed = run_inside(monkeypatch, capsys, RUN, *command)
    assert not status
    assert printed.out.count('[kept]') == 2
    assert {p: p.stat().st_mtime_ns for p in out.rglob('*.json')} == results
    status, printed = run_inside(
        monkeypatch, capsys, RUN, table, '--out', out, '--list'
    )
    assert printed.out.count('[done]') == 2
    assert printed.out.count('[todo] broken') == 1


def test_the_table_in_print(finished, monkeypatch, capsys):
    table, out, _ = finished
    status, printed = run_inside(
        monkeypatch, capsys, SHOW, table, '--out', out, '--format', 'csv'
    )
    assert not status
    whole, broken, same, no_neck = csv.DictReader(printed.out.splitlines())
    assert whole["Rank-1 paper's"] == '99.0'
    assert whole['Rank-1'] == same['Rank-1'] != ''
    assert float(whole['test (ms/image)']) > 0
    assert whole['seeds'] == '1'
    # Parameters need no run; no neck means no CAM classifier, 6 x 64.
    assert broken['params (M)'] == whole['params (M)']
    assert broken['seeds'] == '0'
    assert no_neck['row'] == 'no neck'

    picture = out / 'figure.png'
    arguments = (table, '--out', out, '--plot', picture)
    status, printed = run_inside(monkeypatch, capsys, SHOW, *arguments)
    assert not status
    assert printed.out.startswith('Tiny: three rows\n+--')
    assert 'Drawn pictures.' in printed.out
    assert cv2.imread(str(picture)).shape[1] > 500


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['table99'], "there is no table 'table99'"),
        (['table3', '--rows', 'BL+X'], r"--rows: no table has ['BL+X']"),
        (['table3', '--dataset', 'mars'], "there is no data set 'mars'"),
        (['table3', '--gpus', '8'], '--gpus needs a launcher'),
        (
            ['table3', '--launcher', 'pytorch', '--jobs', '2'],
            '--jobs must be 1',
        ),
        (['table3', '--launcher', 'slurm'], 'needs --partition'),
        (['table3', '--jobs', '0'], '--jobs and --gpus must be at least 1'),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else '',
)
def test_bad_arguments_get_a_sentence(arguments, message, monkeypatch, capsys):
    status, printed = run_inside(monkeypatch, capsys, RUN, *arguments)
    assert status == 1
    assert message in printed.err
