"""The diagnosis of checkpoints, against the library's."""

import json

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from aanet.diagnosis import mean_figures, measure
from aanet.visualization import load_model
from aanet.visualization.train_batches import TrainBatches
from tests.helpers.tools import run_inside, run_tool

DIAGNOSE = 'tools/analysis_tools/diagnose.py'


@pytest.fixture
def run(tiny_run, monkeypatch, capsys):
    """Run the tool in this process on the tiny run's config."""

    def call(*arguments):
        return run_inside(
            monkeypatch, capsys, DIAGNOSE, tiny_run[1], *arguments
        )

    return call


def test_columns_are_the_checkpoints_means(tiny_run, tmp_path):
    """From the shell; seven batches reach into the second epoch."""
    _, config, work_dir, _ = tiny_run
    paths = [work_dir / f'epoch_{number}.pth' for number in (1, 2)]
    out = tmp_path / 'new' / 'figures.json'
    done = run_tool(DIAGNOSE, config, *paths, '--batches', 7, '--json', out)
    assert done.stdout.splitlines()[-1] == f'wrote {out}'
    columns = json.loads(out.read_text('utf-8'))
    assert list(columns) == ['epoch_1', 'epoch_2']
    with DefaultScope.overwrite_default_scope('aanet'):
        cfg = Config.fromfile(config)
        batches = TrainBatches(cfg)
        model = load_model(cfg, str(paths[1]))
    figures = []
    places = [(1, batch) for batch in range(1, 7)] + [(2, 1)]
    for number, place in enumerate(places):
        torch.manual_seed(number)
        batch = batches.load(batches.indices(*place))
        figures.append(measure(model, batch))
    expected = mean_figures(figures)
    assert columns['epoch_2'] == pytest.approx(expected, rel=1e-3, abs=1e-4)
    assert columns['epoch_1'] != columns['epoch_2']
    row = next(
        line
        for line in done.stdout.splitlines()
        if 'grad_map/loss_cls' in line
    )
    cells = [cell.strip() for cell in row.strip('|').split('|')]
    assert cells[1:] == [
        f'{columns[name]["grad_map/loss_cls"]:.4g}' for name in columns
    ]


def test_checkpoints_of_one_name_have_their_paths(tiny_run, tmp_path, run):
    first = tiny_run[2] / 'epoch_2.pth'
    second = tmp_path / 'epoch_2.pth'
    second.write_bytes(first.read_bytes())
    status, printed = run(first, second, '--batches', 1)
    assert status == 0, printed.err
    assert str(first) in printed.out and str(second) in printed.out


def test_a_model_without_parts(tiny_run, tmp_path, run):
    state = torch.load(tiny_run[2] / 'epoch_2.pth', weights_only=False)
    bare = {
        key: value
        for key, value in state['state_dict'].items()
        if not key.startswith('neck.')
    }
    torch.save({'state_dict': bare}, tmp_path / 'bare.pth')
    options = ('--cfg-options', 'model.neck=None', 'randomness.seed=None')
    status, printed = run(tmp_path / 'bare.pth', '--batches', 1, *options)
    assert status == 0, printed.err
    assert 'metric/norm' in printed.out and 'aam/' not in printed.out
    assert 'randomness.seed is not set' in printed.out


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['nowhere.pth'], 'checkpoint nowhere.pth does not exist'),
        (['{0}', '{0}'], 'is named twice'),
        (['{0}', '--batches', '0'], '--batches must be at least 1, not 0'),
        (
            ['{0}', '--cfg-options', 'model.neck=None'],
            'is of another model',
        ),
        (
            ['{0}', '--cfg-options', 'train_dataloader.dataset.train_ids=5'],
            'model.neck.num_classes is 6, but',
        ),
        (
            ['{0}', '--cfg-options', 'model.nack=None'],
            'model.nack',
        ),
        (
            ['{0}', '--batches', '1', '--json', '{0}/figures.json'],
            'epoch_2.pth',
        ),
    ],
)
def test_bad_input_gets_one_sentence(
    tiny_run, tmp_path, run, arguments, message
):
    checkpoint = tiny_run[2] / 'epoch_2.pth'
    status, printed = run(*(a.format(checkpoint) for a in arguments))
    assert status == 1
    assert message in printed.err
    assert printed.err.startswith('error: ')
    assert len(printed.err.splitlines()) == 2


def test_a_config_that_does_not_exist(monkeypatch, capsys):
    status, printed = run_inside(
        monkeypatch, capsys, DIAGNOSE, 'nowhere.py', 'nowhere.pth'
    )
    assert status == 1
    assert 'config nowhere.py does not exist' in printed.err
