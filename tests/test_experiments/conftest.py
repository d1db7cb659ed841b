"""Two rows of one small table, and what their runs would have logged."""

import json

import pytest

from aanet.experiments import Job, Row, Table, expand

BL = 'configs/baseline/bl_r50_market.py'
AANET = 'configs/aanet/aanet_r50_market.py'


@pytest.fixture
def table():
    """BL, and AANet with another threshold."""
    return Table(
        name='small',
        title='Small: two rows',
        columns=['Rank-1', 'mAP'],
        datasets=['market'],
        rows=[
            Row('BL', BL, paper={'market': {'Rank-1': 92.6}}, x=1),
            Row('high', AANET, {'model.neck.threshold_h': 0.5}, x=0),
        ],
        seeds=[3, 4],
    )


@pytest.fixture
def jobs(table, tmp_path):
    """Every run of the table."""
    return expand(table, tmp_path)


def write_logs(job: Job, rank1: float = 50.0) -> None:
    """What training, killed once and resumed, and test leave behind."""
    parts = {
        'a': [(10, 0.5), (20, 0.7), (30, 9.0)],
        'b': [(30, 0.2), (40, 0.1)],
    }
    for name, entries in parts.items():
        path = job.folder / name / 'vis_data' / 'scalars.json'
        path.parent.mkdir(parents=True)
        lines = [
            json.dumps({'lr': 0.1, 'time': time, 'step': step})
            for step, time in entries
        ]
        # Validation logs a time as well, that of its own steps.
        lines.append(json.dumps({'reid/mAP': 1.0, 'time': 99.0, 'step': 1}))
        path.write_text('\n'.join(lines), 'utf-8')
    for name, value in (('1', 0.0), ('2', rank1)):
        path = job.folder / 'test' / name / f'{name}.json'
        path.parent.mkdir(parents=True)
        scores = {'reid/Rank-1': value, 'reid/mAP': 30.0}
        path.write_text(json.dumps({**scores, 'extraction_ms': 5.5}), 'utf-8')
