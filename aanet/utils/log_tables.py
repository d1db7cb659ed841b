"""Figures of training logs, as tables for people."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prettytable import PrettyTable

_TIMES = {
    'iterations': '{iterations}, {starts} start(s)',
    'an iteration takes': '{iteration_seconds:.3f} s',
    'of it, waiting for data': '{data_share:.1%}',
    'images a second': '{images_per_s:.1f}',
    'fastest epoch': '{fastest_epoch}: {fastest_seconds:.3f} s an iteration',
    'slowest epoch': '{slowest_epoch}: {slowest_seconds:.3f} s an iteration',
    'std over epochs': '{std_over_epochs:.3f} s',
}


def time_rows(figures: dict[str, Any]) -> dict[str, str]:
    """Times for people.

    Args:
        figures (dict[str, Any]): What
            :func:`~aanet.utils.log_figures.time_figures` returns.

    Returns:
        dict[str, str]: Rows of a table.
    """
    rows = {name: form.format(**figures) for name, form in _TIMES.items()}
    if figures['epoch_seconds'] is not None:
        rows['an epoch takes'] = _clock(figures['epoch_seconds'])
    rows['all iterations took'] = _clock(figures['total_seconds'])
    return rows


def score_rows(figures: dict[str, Any]) -> dict[str, str]:
    """Scores for people.

    Args:
        figures (dict[str, Any]): What
            :func:`~aanet.utils.log_figures.score_figures` returns.

    Returns:
        dict[str, str]: Rows of a table.
    """
    rows = {
        'starts': f'{figures["starts"]}',
        'iterations': f'{figures["iterations"]}',
        'logged twice': f'{figures["repeated"]} entries',
        'epochs': f'{figures["epochs"] or "-"}',
    }
    name = figures['metric']
    if figures['best'] is None:
        rows[f'best {name}'] = 'not validated yet'
    else:
        for which in ('best', 'last'):
            epoch = figures[f'{which}_epoch']
            rows[f'{which} {name}'] = f'{figures[which]:.2f} (epoch {epoch})'
        for key, value in figures['best_scores'].items():
            if key != name:
                rows[f'{key} of the best'] = f'{value:.2f}'
    for key, value in figures['losses'].items():
        rows[f'{key}, last logged'] = f'{value:.4f}'
    return rows


def short_names(paths: Sequence[str]) -> list[str]:
    """Names of files for the head of a table.

    Args:
        paths (Sequence[str]): Their paths.

    Returns:
        list[str]: Each name without folder and suffix; the whole path where
        two are alike.
    """
    stems = [Path(path).stem for path in paths]
    return [
        stem if stems.count(stem) == 1 else path
        for stem, path in zip(stems, paths, strict=True)
    ]


def as_table(columns: dict[str, dict[str, str]]) -> str:
    """Runs side by side.

    Args:
        columns (dict[str, dict[str, str]]): Rows of each run.

    Returns:
        str: The table.
    """
    table = PrettyTable(['', *columns], align='l')
    for name in dict.fromkeys(
        row for rows in columns.values() for row in rows
    ):
        table.add_row([name, *(c.get(name, '-') for c in columns.values())])
    return table.get_string()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f'{minutes // 60}:{minutes % 60:02}:{rest:02}'
