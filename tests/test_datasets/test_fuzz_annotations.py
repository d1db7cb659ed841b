"""Whatever files are called and CSV files hold: read right, or refused."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aanet.datasets import ReIDDataset
from aanet.datasets.market_style import read_folder
from aanet.datasets.records import PARTS, Record, read_csv

fuzz = settings(max_examples=400, deadline=None, derandomize=True)

NUMBERS = st.integers(-2, 12) | st.integers(-(10**25), 10**25)
"""Mostly of a size that occurs."""

ODD_NUMBERS = st.sampled_from(
    ['', '-', '--1', '1-2', '-01', '1_0', '+1', ' 1', '1.0', '٣', '1e3']
)

TEXTS = st.text(max_size=8) | st.sampled_from(['"', ',', '\n', '\0', "'", '#'])


def names():
    """File names like Market's, and some that are only nearly so."""
    padded = st.from_regex(r'0{0,3}\d{1,4}', fullmatch=True)
    number = NUMBERS.map(str) | ODD_NUMBERS | padded
    return st.builds(
        '{}{}{}{}.jpg'.format,
        number,
        st.sampled_from(['_c', '_c', '_c', '_C', '_', 'c', '']),
        number,
        st.sampled_from(['', 's1_000451_03', '_c5', '-', '.x']),
    )


def naive_name(name: str) -> tuple[int, int] | None:
    """Identity and camera, character by character."""
    pid, separator, rest = name.partition('_c')
    camera = ''
    while rest and rest[0] in '0123456789':
        camera, rest = camera + rest[0], rest[1:]
    if not separator or not camera or max(len(pid), len(camera)) > 18:
        return None
    if pid != '-1' and not re.fullmatch('[0123456789]+', pid):
        return None
    return (int(pid), int(camera)) if int(camera) > 0 else None


@fuzz
@given(names())
@example('0001_c0s1.jpg')
@example('-5_c1.jpg')
@example('--1_c1.jpg')
@example('0001_c9999999999999999999.jpg')
@example('\u0663_c1.jpg')
def test_file_names(folder_with, name):
    folder_with(name)
    expected = naive_name(name)
    if expected is None:
        with pytest.raises(ValueError, match='is not named <identity>_c<cam'):
            read_folder(Path('folder'))
        return
    (record,) = read_folder(Path('folder'))
    assert (record.pid, record.camid + 1) == expected
    assert record.camid >= 0
    np.array([record.pid, record.camid], np.int64)


@pytest.fixture(scope='module')
def folder_with():
    """Every folder then holds the file named, without touching the disk."""
    with pytest.MonkeyPatch.context() as monkeypatch:

        def pretend(name: str) -> None:
            monkeypatch.setattr(
                'aanet.datasets.market_style.list_images',
                lambda folder: [folder / name],
            )

        yield pretend


def rows():
    cells = st.fixed_dictionaries(
        {
            'path': TEXTS,
            'pid': NUMBERS.map(str) | ODD_NUMBERS | TEXTS,
            'camid': NUMBERS.map(str) | ODD_NUMBERS | TEXTS,
            'split': st.sampled_from([*PARTS, *PARTS, 'val', 'Train', '']),
        }
    )
    return st.lists(cells, max_size=4)


def naive_rows(table: list[dict], part: str) -> list[tuple] | None:
    """What the rows of a part say; None if any row is wrong."""
    found = []
    for row in table:
        pid, camid = row['pid'], row['camid'] or '-1'
        for number in (pid, camid):
            digits = number.strip().removeprefix('-').removeprefix('+')
            plain = set(digits) <= set('0123456789') and 0 < len(digits) < 19
            if not plain or int(number) < -1:
                return None
        if not row['path'] or row['split'] not in PARTS:
            return None
        if row['split'] == part:
            found.append((row['path'], int(pid), int(camid)))
    return found


def written(table: list[dict], columns: list[str]) -> str:
    file = io.StringIO(newline='')
    writer = csv.DictWriter(file, columns, extrasaction='ignore')
    writer.writeheader()
    writer.writerows(table)
    return file.getvalue()


@fuzz
@given(
    rows(),
    st.permutations(['path', 'pid', 'camid', 'split']),
    st.sampled_from(PARTS),
)
@example(
    [{'path': 'a', 'pid': '1_0', 'camid': '', 'split': 'train'}],
    ['path', 'pid', 'camid', 'split'],
    'train',
)
def test_rows_of_csv_files(ann_file, table, columns, part):
    ann_file.write_text(written(table, columns), 'utf-8', newline='')
    expected = naive_rows(table, part)
    if expected:
        records = read_csv(str(ann_file), '/images', part)
        assert [(Path(r.img_path).name, *r[1:]) for r in records] == [
            (Path(path).name, *numbers) for path, *numbers in expected
        ]
        assert all(isinstance(record, Record) for record in records)
        return
    message = 'line|no row whose split' if expected is None else 'no row whose'
    with pytest.raises(ValueError, match=message):
        read_csv(str(ann_file), '/images', part)


@pytest.fixture(scope='module')
def ann_file(tmp_path_factory):
    return tmp_path_factory.mktemp('fuzz') / 'list.csv'


@fuzz
@given(st.text(max_size=60) | st.binary(max_size=60))
@example('path,pid,split\n"a')
@example('path,pid,split\na\0,1,train')
@example('path,pid,split,pid\na,1,train,2')
@example('path,pid,split\n"' + 'a' * 140_000)
def test_files_that_are_no_annotation(ann_file, content):
    """One sentence, whatever it is."""
    data = content if isinstance(content, bytes) else content.encode()
    ann_file.write_bytes(data)
    with pytest.raises((ValueError, FileNotFoundError), match=r'list\.csv'):
        ReIDDataset(ann_file=str(ann_file), test_mode=True)
