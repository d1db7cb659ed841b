"""The scores of parts, from the files that the test tool writes."""

import pytest

from aanet.diagnosis import part_figures
from aanet.visualization.feature_file import load_features
from tests.helpers.tools import run_inside, run_tool

PART_SCORES = 'tools/analysis_tools/part_scores.py'


@pytest.fixture(scope='module')
def features(tiny_run, tmp_path_factory):
    """Features of the tiny run's test set."""
    _, config, work_dir, _ = tiny_run
    folder = tmp_path_factory.mktemp('features')
    out = folder / 'features.npz'
    run_tool(
        'tools/test.py',
        config,
        work_dir / 'epoch_2.pth',
        '--out',
        out,
        '--work-dir',
        folder,
    )
    return out


def test_the_table_has_the_librarys_figures(features, monkeypatch, capsys):
    status, printed = run_inside(monkeypatch, capsys, PART_SCORES, features)
    assert status == 0, printed.err
    lines = [line.strip('|') for line in printed.out.splitlines()]
    cells = dict(
        [cell.strip() for cell in line.split('|')]
        for line in lines
        if '/mAP' in line or '/Rank-1' in line or 'cosine' in line
    )
    assert 'features' in lines[1]
    saved, _ = load_features(features)
    expected = part_figures(saved.part('query'), saved.part('gallery'), 6)
    assert list(cells) == list(expected)
    for name, value in expected.items():
        assert float(cells[name]) == pytest.approx(value, abs=0.051)


def test_wrong_number_of_parts(features, monkeypatch, capsys):
    status, printed = run_inside(
        monkeypatch, capsys, PART_SCORES, features, '--num-parts', 7
    )
    assert status == 1
    assert 'no 7 equal parts: give the num_parts of the head' in printed.err


def test_no_such_file(monkeypatch, capsys, tmp_path):
    status, printed = run_inside(
        monkeypatch, capsys, PART_SCORES, tmp_path / 'none.npz'
    )
    assert status == 1
    assert 'none.npz does not exist' in printed.err
