"""What is known of an image before it is read, and CSV files of it."""

import csv
import os
import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from mmengine.fileio import join_path

NO_CAMERA = -1
JUNK_PID = -1
DISTRACTOR_PID = 0

PARTS = ('train', 'query', 'gallery')
_REQUIRED_COLUMNS = ('path', 'pid', 'split')


class Record(NamedTuple):
    """One bounding box of a person.

    Attributes:
        img_path (str): Path of the image.
        pid (int): Identity as annotated; -1 is junk, 0 a distractor.
        camid (int): Camera, from 0; -1 where it is unknown.
    """

    img_path: str
    pid: int
    camid: int


class Counts(NamedTuple):
    """Size of one part.

    Attributes:
        images (int): Number of images, without junk.
        ids (int): Number of identities; distractors have none.
    """

    images: int
    ids: int


def count(records: Iterable[Record]) -> Counts:
    """Count the images that are no junk, and the identities.

    Args:
        records (Iterable[Record]): The images.

    Returns:
        Counts: Their number.
    """
    pids = [record.pid for record in records if record.pid != JUNK_PID]
    return Counts(len(pids), len(set(pids) - {DISTRACTOR_PID}))


def read_csv(ann_file: str, prefix: str, part: str) -> list[Record]:
    """Read the rows of one part from a CSV annotation file.

    The first line names the columns: ``path``, ``pid`` and ``split``
    (train, query or gallery), and ``camid`` where the cameras are known.
    Identities count from 1, cameras from 0.

    Args:
        ann_file (str): Path of the CSV file.
        prefix (str): Folder that relative image paths start from.
        part (str): The rows to keep: 'train', 'query' or 'gallery'.

    Returns:
        list[Record]: In the order of the file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a column is missing, a row is malformed or no row
            belongs to the part; the message holds the line number.
    """
    if not os.path.isfile(ann_file):
        raise FileNotFoundError(
            f'annotation file {ann_file} does not exist: check ann_file and '
            'data_root; docs/prepare_data.md describes the file.'
        )
    try:
        rows = _read_rows(ann_file)
    except UnicodeDecodeError as error:
        raise ValueError(
            f'{ann_file} is not encoded as UTF-8: save it as UTF-8.'
        ) from error
    except csv.Error as error:
        raise ValueError(
            f'{ann_file} is no CSV file ({error}): look for a quote that is '
            'not closed, or save it as CSV.'
        ) from error
    records = [
        record._replace(img_path=join_path(prefix, record.img_path))
        for record, row_part in rows
        if row_part == part
    ]
    if not records:
        raise ValueError(
            f"{ann_file} has no row whose split is '{part}': add some."
        )
    return records


def _read_rows(ann_file: str) -> list[tuple[Record, str]]:
    """Records and their parts."""
    with open(ann_file, newline='', encoding='utf-8-sig') as file:
        reader = csv.DictReader(file)
        _check_columns(ann_file, reader.fieldnames or ())
        return [
            _parse_row(row, f'{ann_file}, line {reader.line_num}')
            for row in reader
        ]


def _check_columns(ann_file: str, columns: Collection[str]) -> None:
    if len(set(columns)) < len(columns):
        raise ValueError(
            f'{ann_file} names a column twice in its first line: '
            f'{", ".join(columns)}.'
        )
    missing = [name for name in _REQUIRED_COLUMNS if name not in columns]
    if missing:
        raise ValueError(
            f'{ann_file} lacks the column{"s" * (len(missing) > 1)} '
            f'{", ".join(missing)}: its first line must name the columns '
            'path, pid, split and, where cameras are known, camid.'
        )


def _parse_row(row: dict, where: str) -> tuple[Record, str]:
    """Turn a row into a record and its part."""
    if None in row or None in row.values():
        raise ValueError(
            f'{where}: the row does not have as many cells as the first line.'
        )
    if not row['path']:
        raise ValueError(f'{where}: the path is empty.')
    if row['split'] not in PARTS:
        raise ValueError(
            f'{where}: split must be train, query or gallery, got '
            f"'{row['split']}'."
        )
    pid = _parse_int(row['pid'], 'pid', JUNK_PID, where)
    cell = row.get('camid') or str(NO_CAMERA)
    camid = _parse_int(cell, 'camid', NO_CAMERA, where)
    return Record(row['path'], pid, camid), row['split']


def _parse_int(cell: str, column: str, least: int, where: str) -> int:
    # int() takes much more, such as '1_0' for ten.
    plain = re.fullmatch(r'\s*[+-]?[0-9]{1,18}\s*', cell)
    value = int(cell) if plain else least - 1
    if value < least:
        raise ValueError(
            f'{where}: {column} must be an integer of at most 18 digits, '
            f">= {least}, got '{cell}'."
        )
    return value
