"""Ours beside the paper's, in three formats."""

from dataclasses import replace

import pytest

from aanet.experiments import FORMATS, render


def result(rank1, mean_ap=30.0, **more):
    return {'scores': {'Rank-1': rank1, 'mAP': mean_ap}, **more}


@pytest.fixture
def rows(jobs):
    """Two seeds of BL are finished, none of the other row."""
    return [(jobs[0], [result(50.0), result(53.0)]), (jobs[2], [])]


def test_text(table, rows):
    first, second = render(table, rows).splitlines()[3:5]
    # Standard deviation of 50 and 53: 3 / sqrt(2).
    assert [cell.strip() for cell in first.strip('|').split('|')] == [
        'BL',
        '51.5 ± 2.1',
        '92.6',
        '30.0 ± 0.0',
        '2',
    ]
    cells = [cell.strip() for cell in second.strip('|').split('|')]
    assert cells == ['high', '', '', '', '0']


def test_one_seed_has_no_deviation(table, jobs):
    text = render(table, [(jobs[0], [result(50.0)])])
    assert '50.0' in text
    assert '±' not in text


def test_markdown(table, rows):
    lines = render(table, rows, 'markdown').splitlines()
    assert lines[0].startswith('| row')
    assert set(lines[1]) <= set('|:- ')
    assert len(lines) == 4


def test_csv(table, rows):
    assert render(table, rows, 'csv').splitlines() == [
        "row,Rank-1,Rank-1 paper's,mAP,seeds",
        'BL,51.5 ± 2.1,92.6,30.0 ± 0.0,2',
        'high,,,,0',
    ]


def test_data_set_is_a_column_where_there_are_several(table, rows):
    (job, results), _ = rows
    both = [(job, results), (replace(job, dataset='duke'), [])]
    lines = render(table, both, 'csv').splitlines()
    assert lines[0].startswith('row,data set,')
    assert lines[1].startswith('BL,market,51.5')
    # The paper's 92.6 is of the other set.
    assert lines[2] == 'BL,duke,,,,0'


def test_parameters_need_no_training_and_have_no_deviation(table, jobs):
    table = replace(table, columns=['params', 'train_minutes'])
    figures = {'params': 27_839_546, 'macs': 1}
    untrained = render(table, [(jobs[0], [figures])], 'csv')
    assert untrained.splitlines()[1] == 'BL,27.84,,0'
    trained = [result(1.0, train_seconds=90.0, **figures)] * 2
    lines = render(table, [(jobs[0], trained)], 'csv').splitlines()
    assert lines[1] == 'BL,27.84,1.5 ± 0.0,2'


def test_deviation_of_parameters_from_the_paper_s(table, jobs):
    table = replace(table, columns=['params'])
    row = replace(jobs[0].row, paper={'market': {'params': 40.0}})
    job = replace(jobs[0], row=row)
    text = render(table, [(job, [{'params': 39_000_000}])], 'csv')
    assert text.splitlines() == [
        "row,params (M),params (M) paper's,params deviation (%),seeds",
        'BL,39.00,40.00,-2.5,0',
    ]


def test_formats():
    assert set(FORMATS) == {'text', 'markdown', 'csv'}
