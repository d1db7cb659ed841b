"""Curves below each other, over one axis of iterations."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from aanet.visualization.canvas import DPI

# Inches.
_WIDTH, _HEIGHT, _MARGIN, _PAD = 9.0, 2.6, 1.1, 0.1

# Characters.
_TITLE_WIDTH, _LEGEND_WIDTH = 80, 115


@dataclass(frozen=True)
class Curve:
    """One line.

    Attributes:
        name (str): Its name; curves of one name share a color.
        x (Sequence[float]): Iterations, or epochs.
        y (Sequence[float]): Values.
        raw (Sequence[float]): Values before smoothing, drawn faintly; none
            if empty. Defaults to ().
        marked (bool): Mark each point, as few points need it. Defaults to
            False.
        steps (bool): Each value holds until the next. Defaults to False.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    raw: Sequence[float] = ()
    marked: bool = False
    steps: bool = False


@dataclass(frozen=True)
class Panel:
    """Curves of one quantity.

    Attributes:
        name (str): The quantity.
        curves (Sequence[Curve]): Its curves.
        log (bool): Logarithmic axis. Defaults to False.
    """

    name: str
    curves: Sequence[Curve]
    log: bool = False


def curve_sheet(
    panels: Sequence[Panel],
    title: str,
    x_label: str = 'iteration',
    epoch_length: int | None = None,
) -> np.ndarray:
    """Draw panels below each other.

    Args:
        panels (Sequence[Panel]): From top to bottom.
        title (str): First line.
        x_label (str): What the curves' ``x`` counts. Defaults to
            ``'iteration'``.
        epoch_length (int | None): Iterations in an epoch, for a second axis
            with epochs. Defaults to None, which leaves it out.

    Returns:
        np.ndarray: RGB, shape (H, W, 3).
    """
    names = list(dict.fromkeys(c.name for p in panels for c in p.curves))
    labels = [fill(name, _LEGEND_WIDTH) for name in names]
    legend_rows = '\n'.join(labels).count('\n') + 1 if len(names) > 1 else 0
    height = _MARGIN + _HEIGHT * len(panels) + 0.2 * legend_rows
    figure = Figure(
        figsize=(_WIDTH, height),
        dpi=DPI,
        layout=ConstrainedLayoutEngine(w_pad=_PAD, h_pad=_PAD),
    )
    canvas = FigureCanvasAgg(figure)
    heading = fill(title, _TITLE_WIDTH)
    figure.suptitle(heading, fontsize=12, fontweight='bold')
    grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)
    for axes, panel in zip(grid[:, 0], panels, strict=True):
        _draw_panel(axes, panel, names)
    if any(curve.raw for panel in panels for curve in panel.curves):
        x_label += ' (pale: before smoothing)'
    grid[-1, 0].set_xlabel(x_label)
    figure.align_ylabels()
    if epoch_length is not None:
        _add_epochs(grid[0, 0], epoch_length)
    if legend_rows:
        figure.legend(
            handles=[
                grid[0, 0].plot([], [], color=_color(i), label=label)[0]
                for i, label in enumerate(labels)
            ],
            loc='outside lower left',
            fontsize=9,
            frameon=False,
        )
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _color(index: int) -> str:
    return f'C{index % 10}'


def _whole_numbers() -> MaxNLocator:
    return MaxNLocator(integer=True, steps=[1, 2, 5, 10])


def _draw_panel(axes: Axes, panel: Panel, names: Sequence[str]) -> None:
    for curve in panel.curves:
        color = _color(names.index(curve.name))
        if curve.raw:
            axes.plot(curve.x, curve.raw, color=color, alpha=0.25)
        axes.plot(
            curve.x,
            curve.y,
            color=color,
            marker='o' if curve.marked else None,
            markersize=4,
            drawstyle='steps-post' if curve.steps else 'default',
        )
    axes.set_ylabel(panel.name)
    axes.set_yscale('log' if panel.log else 'linear')
    axes.xaxis.set_major_locator(_whole_numbers())
    axes.grid(alpha=0.3)
    axes.spines[['top', 'right']].set_visible(False)


def _add_epochs(axes: Axes, length: int) -> None:
    """Count epochs along the upper edge, each one's end."""
    upper = axes.secondary_xaxis(
        'top',
        functions=(
            lambda x: np.asarray(x) / length,
            lambda x: np.asarray(x) * length,
        ),
    )
    upper.xaxis.set_major_locator(_whole_numbers())
    upper.set_xlabel('epoch')
