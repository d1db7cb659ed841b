"""What the documents name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    [*ROOT.glob('*.md'), *ROOT.glob('docs/*.md'), *ROOT.glob('configs/*/*.md')]
)
LINK = re.compile(r'\]\(([^)#\s]+)')
FILE = re.compile(r'\b(?:tools|configs|benchmarks)/[\w./-]+\.(?:py|sh)\b')
OF_THE_READER = ('configs/mine/', 'configs/aanet/aanet_r50-ca_market.py')


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize('document', DOCUMENTS, ids=name)
def test_links_lead_somewhere(document):
    for target in LINK.findall(document.read_text('utf-8')):
        if not target.startswith(('http', 'mailto:')):
            assert (document.parent / target).exists(), target


@pytest.mark.parametrize('document', DOCUMENTS, ids=name)
def test_files_in_commands_exist(document):
    for target in FILE.findall(document.read_text('utf-8')):
        if not target.startswith(OF_THE_READER):
            assert (ROOT / target).is_file(), target


def test_the_map_from_paper_to_code_names_real_classes():
    readme = (ROOT / 'README.md').read_text('utf-8')
    table = readme.split('## From the paper to the code')[1].split('##')[0]
    rows = re.findall(r'^\| .*? \| (.*?) \| (.*?) \| ', table, re.M)[2:]
    assert len(rows) > 10
    for classes, files in rows:
        code = ''.join(
            path.read_text('utf-8')
            for target in LINK.findall(files)
            for path in _sources(ROOT / target)
        )
        for cls in re.findall(r'`(\w+)`', classes):
            assert f'class {cls}(' in code or f'class {cls}:' in code


def _sources(path):
    return sorted(path.glob('*.py')) if path.is_dir() else [path]
