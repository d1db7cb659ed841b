"""A result is what the logs say, kept in one file."""

import json

import pytest
import torch

from aanet.experiments import load_result
from aanet.experiments.results import write_result

from .conftest import write_logs


def test_no_result_before_the_end(jobs):
    assert load_result(jobs[0].folder) is None


def test_result_has_scores_time_and_how_it_was_made(jobs):
    job = jobs[2]
    write_logs(job)
    write_result(job, processes=2)
    result = load_result(job.folder)
    assert result['scores'] == {'Rank-1': 50.0, 'mAP': 30.0}
    assert result['extraction_ms'] == 5.5
    assert result['override'] == {'model.neck.threshold_h': 0.5}
    assert (result['seed'], result['dataset']) == (3, 'market')
    assert result['versions']['torch'] == torch.__version__
    assert result['machine']['processes'] == 2
    assert result['finished'].endswith('+00:00')


def test_an_iteration_made_twice_counts_once(jobs):
    """10 x 0.5 + 10 x 0.7 + 10 x 0.2 + 10 x 0.1 s; 9.0 was repeated."""
    write_logs(jobs[0])
    result = write_result(jobs[0], processes=1)
    assert result['iterations'] == 40
    assert result['train_seconds'] == pytest.approx(15.0)


def test_damaged_result_is_named(jobs):
    jobs[0].folder.mkdir(parents=True)
    path = jobs[0].folder / 'result.json'
    path.write_text(json.dumps({'scores': {}})[:-3], 'utf-8')
    with pytest.raises(ValueError, match=r'result\.json is damaged.*remove'):
        load_result(jobs[0].folder)
