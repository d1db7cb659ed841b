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
    """A table with our figures and the paper's.

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
    headers = [COLUMNS[key].header for key in table.columns]
    printed.field_names = [
        *lead,
        *(text for name in headers for text in (name, f'{name} {PAPER}')),
        'seeds',
    ]
    printed.align = 'r'
    for name in lead:
        printed.align[name] = 'l'
    for job, results in rows:
        start = [job.row.name, job.dataset][: len(lead)]
        paper = job.row.paper.get(job.dataset, {})
        cells = [
            text
            for key in table.columns
            for text in (
                _ours(COLUMNS[key], results),
                _number(paper.get(key), COLUMNS[key].decimals),
            )
        ]
        trained = sum('scores' in result for result in results)
        printed.add_row([*start, *cells, trained])
    return FORMATS[style](printed)


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
