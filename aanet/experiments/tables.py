"""Tables of experiments, read from YAML: rows, overrides, paper's figures."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from aanet.experiments.columns import COLUMNS

TABLES = Path('configs/tables')
"""Where the paper's tables lie; every tool runs from the repository's root."""


@dataclass(frozen=True)
class Row:
    """One experiment of a table.

    Attributes:
        name (str): What the table calls it.
        config (str): Path of its config.
        override (dict[str, Any]): Dotted keys of the config and their values.
        paper (dict[str, dict[str, float]]): The paper's figures by data set
            and column, as far as they are known.
        x (float | None): Place on the horizontal axis, in a table that can
            be drawn.
    """

    name: str
    config: str
    override: dict[str, Any] = field(default_factory=dict)
    paper: dict[str, dict[str, float]] = field(default_factory=dict)
    x: float | None = None


@dataclass(frozen=True)
class Table:
    """What a YAML file of ``configs/tables/`` says.

    Attributes:
        name (str): The file's name without its ending.
        title (str): What the table shows.
        columns (list[str]): Keys of :data:`~aanet.experiments.columns.COLUMNS`
            in the order in which they are printed.
        datasets (list[str]): Data sets on which every row is run.
        rows (list[Row]): The experiments; in the file also the name of
            another table, for its rows.
        seeds (list[int]): Seeds of each row. Defaults to [0].
        x_label (str): Name of the horizontal axis. Defaults to ''.
        note (str): What a reader must know. Defaults to ''.
    """

    name: str
    title: str
    columns: list[str]
    datasets: list[str]
    rows: list[Row]
    seeds: list[int] = field(default_factory=lambda: [0])
    x_label: str = ''
    note: str = ''


def table_names() -> list[str]:
    """Names of the tables in ``configs/tables/``, in the paper's order.

    Returns:
        list[str]: The names.

    Raises:
        FileNotFoundError: If there are none here.
    """
    names = sorted(
        (path.stem for path in TABLES.glob('*.yml')),
        key=lambda name: (name.rstrip('0123456789'), len(name), name),
    )
    if not names:
        raise FileNotFoundError(
            f'{TABLES} holds no tables: run this from the root of the '
            'repository.'
        )
    return names


def load_table(name: str) -> Table:
    """Read and check a table.

    Args:
        name (str): Name of a table in ``configs/tables/``, or the path of
            another YAML file.

    Returns:
        Table: The table.

    Raises:
        FileNotFoundError: If there is no such table.
        ValueError: If the file is not a table; the message names the row.
    """
    is_path = name.endswith(('.yml', '.yaml'))
    path = Path(name) if is_path else TABLES / f'{name}.yml'
    if not path.is_file():
        raise FileNotFoundError(
            f'there is no table {name!r} ({path}): choose one of '
            f'{", ".join(table_names())}, or name a YAML file.'
        )
    try:
        content = yaml.safe_load(path.read_text('utf-8'))
        rows = content.pop('rows')
        if isinstance(rows, str):
            rows = load_table(rows).rows
        else:
            rows = [Row(**row) for row in rows]
        table = Table(name=path.stem, rows=rows, **content)
    except (yaml.YAMLError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            f'{path} is not a table ({error}): it needs title, columns, '
            'datasets and rows, each row a name and a config.'
        ) from error
    _check(table, path)
    return table


def _check(table: Table, path: Path) -> None:
    """Does every row name a config, and every figure a column?"""
    unknown = set(table.columns) - set(COLUMNS)
    names = [row.name for row in table.rows]
    if len(set(names)) < len(names):
        raise ValueError(f'{path}: two rows have the same name.')
    for row in table.rows:
        if not Path(row.config).is_file():
            raise ValueError(
                f'{path}, row {row.name!r}: config {row.config} does not '
                'exist.'
            )
        for figures in row.paper.values():
            unknown |= set(figures) - set(COLUMNS)
    if unknown:
        raise ValueError(
            f'{path}: unknown columns {sorted(unknown)}; there are '
            f'{sorted(COLUMNS)}.'
        )
