"""A table of experiments in print: ours beside the paper's."""

from collections.abc import Callable, Sequence
from statistics import mean, stdev
from typing import Any

from prettytable import PrettyTable, TableStyle

from aanet.experiments.columns import COLUMNS, Column
from aanet.experiments.jobs import Job
from aanet.experiments.tables import Table

PAPER = "paper's"


def _markdown(table: PrettyTable) -> str:
    table.set_style(TableStyle.MARKDOWN)
    return table.get_string()


def _csv(table: PrettyTable) -> str:
    return table.get_csv_string(lineterminator='\n').rstrip('\n')


FORMATS: dict[str, Callable[[PrettyTable], str]] = {
    'text': PrettyTable.get_string,
    'markdown': _markdown,
    'csv': _csv,
}


def render(
    table: Table,
    rows: Sequence[tuple[Job, list[dict[str, Any]]]],
    style: str = 'text',
) -> str:
    """A table with our figures and, where any is known, the paper's.

    Args:
        table (Table): The table.
        rows (Sequence[tuple[Job, list[dict[str, Any]]]]): For each row and
            data set one of its jobs, and the results of its finished seeds.
        style (str): Key of :data:`FORMATS`. Defaults to ``'text'``.

    Returns:
        str: The table, without a trailing line break.
    """
    several = len({job.dataset for job, _ in rows}) > 1
    printed = PrettyTable()
    lead = ['row', 'data set'] if several else ['row']
    columns = [COLUMNS[key] for key in table.columns]
    headers = [name for column in columns for name in _headers(column)]
    printed.field_names = [*lead, *headers, 'seeds']
    printed.align = 'r'
    for name in lead:
        printed.align[name] = 'l'
    for job, results in rows:
        start = [job.row.name, job.dataset][: len(lead)]
        paper = job.row.paper.get(job.dataset, {})
        cells = [
            text
            for key, column in zip(table.columns, columns, strict=True)
            for text in _cells(column, results, paper.get(key))
        ]
        trained = sum('scores' in result for result in results)
        printed.add_row([*start, *cells, trained])
    _leave_out_unknown(printed, {column.header for column in columns})
    return FORMATS[style](printed)


def _leave_out_unknown(printed: PrettyTable, ours: set[str]) -> None:
    """Drop columns of the paper's of which no figure is known."""
    for place in reversed(range(len(printed.field_names))):
        name = printed.field_names[place]
        empty = all(row[place] == '' for row in printed.rows)
        if empty and name not in ours:
            printed.del_column(name)


def values(column: Column, results: Sequence[dict[str, Any]]) -> list[float]:
    """A column's value of each run that has one.

    Args:
        column (Column): The column.
        results (Sequence[dict[str, Any]]): Results of the seeds of a row.

    Returns:
        list[float]: The values.
    """
    known = (
        column.read(result)
        for result in results
        if 'scores' in result or not column.trained
    )
    return [value for value in known if value is not None]


def _headers(column: Column) -> list[str]:
    """Names of the cells of a column."""
    names = [column.header, f'{column.header} {PAPER}']
    if column.trained:
        return names
    return [*names, f'{column.header.partition(" (")[0]} deviation (%)']


def _cells(
    column: Column, results: Sequence[dict[str, Any]], paper: float | None
) -> list[str]:
    """Our figure, the paper's, and for what needs no luck how they differ."""
    cells = [_ours(column, results), _number(paper, column.decimals)]
    if column.trained:
        return cells
    numbers = values(column, results)
    if paper is None or not numbers:
        return [*cells, '']
    return [*cells, f'{100 * (numbers[0] / paper - 1):+.1f}']


def _ours(column: Column, results: Sequence[dict[str, Any]]) -> str:
    """Mean over the seeds, with the standard deviation if there are more."""
    numbers = values(column, results)
    if not numbers:
        return ''
    text = _number(mean(numbers), column.decimals)
    if len(numbers) > 1 and column.trained:
        text += f' ± {_number(stdev(numbers), column.decimals)}'
    return text


def _number(value: float | None, decimals: int) -> str:
    """A number in print, or nothing."""
    return '' if value is None else f'{value:.{decimals}f}'
