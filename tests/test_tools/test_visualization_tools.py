import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest
import torch

from tests.helpers.tools import run_inside, run_tool, test_scores

RANKING = 'tools/visualization/vis_ranking.py'
ATTENTION = 'tools/visualization/vis_attention.py'

WITH_HOOK = """
_base_ = '{config}'
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='ReIDVisualizationHook', num_queries=2, topk=3),
]
"""


class Rows(HTMLParser):
    """Frames and headings of each row of a ranking page."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.text = [], ''
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == 'section':
            self.rows.append([])
        elif tag == 'figure':
            self.rows[-1].append(dict(attrs)['class'])

    def handle_data(self, data):
        self.text += f'{data}\n'


@pytest.fixture(scope='module')
def tested(tiny_run):
    """Config, checkpoint, features and scores of a tiny model."""
    folder, config, work_dir, _ = tiny_run
    checkpoint = work_dir / 'epoch_2.pth'
    features = folder / 'features.npz'
    hooked = folder / 'hooked.py'
    hooked.write_text(WITH_HOOK.format(config=config), 'utf-8')
    test_dir = folder / 'test'
    run_tool(
        'tools/test.py',
        hooked,
        checkpoint,
        '--work-dir',
        test_dir,
        '--out',
        features,
    )
    return config, checkpoint, features, test_dir


def test_rows_agree_with_the_scores_of_the_test(
    tested, tmp_path, monkeypatch, capsys
):
    config, _, features, test_dir = tested
    arguments = (config, '--features', features, '--out-dir', tmp_path)
    status, printed = run_inside(
        monkeypatch, capsys, RANKING, *arguments, '--num', 99, '--topk', 5
    )
    assert status == 0, printed.err
    page = Rows((tmp_path / 'ranking.html').read_text('utf-8'))
    scores = test_scores(test_dir)
    precisions = [float(ap) for ap in re.findall(r'AP ([\d.]+)%', page.text)]
    assert len(page.rows) == len(precisions) == 18
    assert np.mean(precisions) == pytest.approx(scores['reid/mAP'], abs=0.06)
    for rank in (1, 5):
        found = 100 * np.mean(
            ['right' in row[: rank + 1] for row in page.rows]
        )
        assert scores[f'reid/Rank-{rank}'] == pytest.approx(found)
        assert f'{found:.1f}%' in page.text


def test_a_whole_row_gives_its_average_precision(
    tested, tmp_path, monkeypatch, capsys
):
    config, _, features, _ = tested
    arguments = (config, '--features', features, '--out-dir', tmp_path)
    status, printed = run_inside(
        monkeypatch, capsys, RANKING, *arguments, '--num', 1, '--topk', 99
    )
    assert status == 0, printed.err
    page = Rows((tmp_path / 'ranking.html').read_text('utf-8'))
    hits = np.flatnonzero(np.array(page.rows[0][1:]) == 'right') + 1
    precision = 100 * (np.arange(1, len(hits) + 1) / hits).mean()
    assert f'AP {precision:.1f}%, first match at rank {hits[0]}' in page.text


def test_rows_are_chosen_by_id_and_by_score(
    tested, tmp_path, monkeypatch, capsys
):
    config, _, features, _ = tested
    arguments = (config, '--features', features, '--out-dir', tmp_path)
    status, printed = run_inside(
        monkeypatch,
        capsys,
        RANKING,
        *(*arguments, '--ids', 8, 9, '--choose', 'worst', '--topk', 4),
    )
    assert status == 0, printed.err
    page = Rows((tmp_path / 'ranking.html').read_text('utf-8'))
    assert [len(row) for row in page.rows] == [5] * 6
    headings = re.findall(r'Query of id (\d+)', page.text)
    assert sorted(headings) == ['8'] * 3 + ['9'] * 3
    precisions = re.findall(r'AP ([\d.]+)%', page.text)
    assert precisions == sorted(precisions, key=float)
    sheet = cv2.imread(str(tmp_path / 'ranking.png'))
    assert sheet.shape[0] > 6 * 2 * 120 and sheet.shape[1] > 5 * 120


def test_features_are_extracted_where_none_are_given(tested, tmp_path):
    config, checkpoint, features, _ = tested
    done = run_tool(
        RANKING, config, checkpoint, '--out-dir', tmp_path, '--num', 2
    )
    assert '--features' in done.stdout
    assert (tmp_path / 'ranking.png').is_file()
    ours, theirs = np.load(tmp_path / 'features.npz'), np.load(features)
    assert sorted(ours) == sorted(theirs)
    for name in ours:
        if name == 'features':
            np.testing.assert_allclose(ours[name], theirs[name], atol=1e-5)
        else:
            np.testing.assert_array_equal(ours[name], theirs[name])


def test_each_id_has_a_row_and_the_page_says_so(
    tested, tmp_path, monkeypatch, capsys
):
    config, _, features, _ = tested
    arguments = (config, '--features', features, '--out-dir', tmp_path)
    status, printed = run_inside(
        monkeypatch,
        capsys,
        RANKING,
        *(*arguments, '--ids', 7, 9, 11, '--num', 3, '--topk', 4),
    )
    assert status == 0, printed.err
    page = Rows((tmp_path / 'ranking.html').read_text('utf-8'))
    assert re.findall(r'Query of id (\d+)', page.text) == ['7', '9', '11']
    assert '3 queries of id 7, 9, 11, chosen at random. Green' in page.text


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ([], 'give a CHECKPOINT, or --features'),
        (['--features', 'nowhere.npz'], 'nowhere.npz does not exist'),
        (['nowhere.pth'], 'nowhere.pth does not exist'),
    ],
)
def test_ranking_says_what_it_lacks(
    tested, tmp_path, monkeypatch, capsys, arguments, message
):
    status, printed = run_inside(
        monkeypatch,
        capsys,
        RANKING,
        *(tested[0], *arguments, '--out-dir', tmp_path),
    )
    assert status == 1
    assert message in printed.err


def test_unknown_ids_are_named(tested, tmp_path, monkeypatch, capsys):
    config, checkpoint, features, _ = tested
    arguments = ('--ids', 77, '--out-dir', tmp_path)
    for tool, given, message in (
        (RANKING, ('--features', features), 'no query of identity 77'),
        (ATTENTION, (checkpoint,), 'the test set has no identity 77'),
    ):
        status, printed = run_inside(
            monkeypatch, capsys, tool, config, *given, *arguments
        )
        assert status == 1
        assert message in printed.err


def test_attention_of_people_of_the_test_set(tested, tmp_path):
    config, checkpoint, _, _ = tested
    done = run_tool(
        ATTENTION,
        *(config, checkpoint, '--out-dir', tmp_path),
        *('--num-ids', 2, '--per-id', 2),
    )
    # Train identities are 1 to 6, test identities 7 to 12.
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ['attention_12.png', 'attention_7.png']
    assert done.stdout.count('wrote ') == 2
    for name in names:
        assert cv2.imread(str(tmp_path / name)).std() > 20


def test_attention_of_files_with_and_without_aam(
    tested, tmp_path, monkeypatch, capsys
):
    config, checkpoint, _, _ = tested
    files = sorted((config.parent / 'toy' / 'query').iterdir())[:2]
    weights = torch.load(checkpoint, weights_only=False)['state_dict']
    bare = {k: v for k, v in weights.items() if not k.startswith('neck.')}
    torch.save(dict(state_dict=bare), tmp_path / 'bare.pth')
    without = ('--cfg-options', 'model.neck=None')
    sheets = []
    for given, options in ((checkpoint, ()), (tmp_path / 'bare.pth', without)):
        arguments = ('--images', *files, '--out-dir', tmp_path)
        status, printed = run_inside(
            monkeypatch, capsys, ATTENTION, config, given, *arguments, *options
        )
        assert status == 0, printed.err
        sheets.append(cv2.imread(str(tmp_path / 'attention_images.png')))
    assert sheets[0].shape == sheets[1].shape
    assert (sheets[0] != sheets[1]).any()


def test_weights_of_another_model_are_refused(
    tested, tmp_path, monkeypatch, capsys
):
    config, checkpoint, _, _ = tested
    options = ('--out-dir', tmp_path, '--cfg-options', 'model.neck=None')
    status, printed = run_inside(
        monkeypatch, capsys, ATTENTION, config, checkpoint, *options
    )
    assert status == 1
    assert 'is of another model' in printed.err


def test_too_many_images_are_refused(tested, tmp_path, monkeypatch, capsys):
    config, checkpoint, _, _ = tested
    folder = config.parent / 'toy' / 'bounding_box_train'
    status, printed = run_inside(
        monkeypatch,
        capsys,
        ATTENTION,
        *(config, checkpoint, '--images', folder, '--out-dir', tmp_path),
    )
    assert status == 1
    assert '--images names 36 images, and a sheet holds 24' in printed.err


def test_the_hook_shows_lists_during_a_test(tested):
    (path,) = tested[3].rglob('test_ranking_*.png')
    assert cv2.imread(str(path)).shape[0] > 2 * 2 * 120
