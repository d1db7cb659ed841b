"""The commands of docs/gallery.md work as they stand, in their order."""

import re
import shlex
import shutil

import pytest

from tests.helpers.tools import ROOT, run_inside

TEXT = (ROOT / 'docs' / 'gallery.md').read_text('utf-8')


def blocks(language):
    """What the blocks of a language hold, together."""
    found = re.findall(rf'^```{language}\n(.*?)^```', TEXT, re.M | re.S)
    return ''.join(found).replace('\\\n', ' ')


@pytest.fixture
def place(tiny, tmp_path, monkeypatch):
    """A folder where set and checkpoint are where the document has them."""
    run = tmp_path / 'work_dirs' / 'aanet_r18_toy'
    run.mkdir(parents=True)
    shutil.copy(tiny.checkpoint, run / 'epoch_11.pth')
    shutil.copytree(tiny.folder / 'toy', tmp_path / 'data' / 'toy_reid')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_work(place, monkeypatch, capsys):
    answers = []
    for line in blocks('bash').splitlines():
        python, tool, *arguments = shlex.split(line)
        assert python == 'python'
        status, printed = run_inside(monkeypatch, capsys, tool, *arguments)
        assert status == 0, f'{line}: {printed.err}'
        answers.append(printed.out)
    written = {path.name for path in place.glob('*.npz')}
    assert written == {
        *('gallery.npz', 'features.npz', 'from_features.npz', 'large.npz')
    }
    queries = [text for text in answers if 'data/toy_reid/query/' in text]
    assert len(queries) == 3
    assert 'not in the gallery' not in queries[0]
    assert 'not in the gallery' in queries[2]


def test_the_program_works(place, capsys):
    exec(blocks('python'), {})
    lines = capsys.readouterr().out.splitlines()
    crops = sorted((place / 'data/toy_reid/query').iterdir())
    found = [line for line in lines if '.jpg True' in line]
    assert len(found) == len(crops)
    assert found[0].startswith(f'data/toy_reid/query/{crops[0].name} True')
