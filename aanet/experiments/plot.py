"""Tables whose rows lie on an axis, as curves (the paper's Figure 6)."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from aanet.experiments.columns import COLUMNS
from aanet.experiments.jobs import Job
from aanet.experiments.report import values
from aanet.experiments.tables import Table
from aanet.utils.safe_saving import whole_file

Rows = Sequence[tuple[Job, list[dict[str, Any]]]]


def draw(panels: Sequence[tuple[Table, Rows]], path: Path) -> None:
    """Draw tables side by side, a panel each.

    Solid lines are ours, dashed ones the paper's, as far as either is known.

    Args:
        panels (Sequence[tuple[Table, Rows]]): Tables and their rows, as
            :func:`~aanet.experiments.report.render` takes them.
        path (Path): PNG file to write.

    Raises:
        ValueError: If a table has no axis, or nothing is known yet.
    """
    figure = Figure(figsize=(5.5 * len(panels), 4.2), layout='constrained')
    FigureCanvasAgg(figure)
    lines = 0
    for place, (table, rows) in enumerate(panels, start=1):
        if any(row.x is None for row in table.rows):
            raise ValueError(
                f'{table.name} cannot be drawn: its rows have no x.'
            )
        axes = figure.add_subplot(1, len(panels), place)
        lines += _panel(axes, table, rows)
    if not lines:
        raise ValueError(
            'there is nothing to draw yet: run the tables first, with '
            'tools/experiments/run_table.py.'
        )
    with whole_file(path) as partial:
        figure.savefig(partial, format='png', dpi=150)


def _panel(axes: Any, table: Table, rows: Rows) -> int:
    """One table's curves; how many there are."""
    drawn = 0
    for index, key in enumerate(table.columns):
        column = COLUMNS[key]
        ours, paper = [], []
        for job, results in rows:
            numbers = values(column, results)
            if numbers:
                ours.append((job.row.x, mean(numbers)))
            figure = job.row.paper.get(job.dataset, {}).get(key)
            if figure is not None:
                paper.append((job.row.x, figure))
        for points, style, name in (
            (ours, 'o-', column.header),
            (paper, 's--', f"{column.header}, the paper's"),
        ):
            if points:
                axes.plot(
                    *zip(*sorted(points), strict=True),
                    style,
                    color=f'C{index}',
                    label=name,
                )
                drawn += 1
    axes.set_title(table.title)
    axes.set_xlabel(table.x_label)
    # Rows without a figure keep their place.
    axes.set_xticks([job.row.x for job, _ in rows])
    axes.grid(alpha=0.3)
    if drawn:
        axes.legend()
    return drawn
