import numpy as np
import pytest
from matplotlib.axes import Axes

from aanet.visualization.curve_sheet import Curve, Panel, curve_sheet

SHORT = Curve('run', [1, 2, 3], [3.0, 2.0, 1.0])


def margins(sheet, width=4):
    edges = (sheet[:width], sheet[-width:], sheet[:, :width])
    return [*edges, sheet[:, -width:]]


@pytest.mark.parametrize('count', [1, 3])
@pytest.mark.parametrize('length', [None, 10])
def test_nothing_is_cut_off(count, length):
    curves = [SHORT, Curve('a name of many words ' * 9, [1, 3], [1.0, 2.0])]
    panels = [Panel(f'loss_{n}', curves) for n in range(count)]
    sheet = curve_sheet(panels, 'A title ' * 30, epoch_length=length)
    for edge in margins(sheet):
        assert (edge == 255).all()


def test_one_name_needs_no_legend():
    one = curve_sheet([Panel('loss', [SHORT])], 'title')
    other = Curve('other', SHORT.x, SHORT.y)
    two = curve_sheet([Panel('loss', [SHORT, other])], 'title')
    assert two.shape[0] > one.shape[0]
    again = curve_sheet([Panel('a', [SHORT]), Panel('b', [SHORT])], 'title')
    assert again.shape[0] > 1.5 * one.shape[0]


def test_a_run_keeps_its_color_in_every_panel():
    other = Curve('other', SHORT.x, SHORT.y)
    both = curve_sheet([Panel('a', [SHORT, other]), Panel('b', [other])], '')
    lower = both[both.shape[0] // 2 : -80]
    blue, orange = np.array([31, 119, 180]), np.array([255, 127, 14])
    assert (np.abs(lower - orange.astype(int)).max(2) < 9).sum() > 100
    assert (np.abs(lower - blue.astype(int)).max(2) < 9).sum() == 0


def test_curves_are_drawn_as_they_are(monkeypatch):
    drawn = []
    plot = Axes.plot

    def spy(axes, x, y, **style):
        drawn.append((list(x), list(y), style))
        return plot(axes, x, y, **style)

    monkeypatch.setattr(Axes, 'plot', spy)
    curve = Curve('run', [1, 2], [5.0, 6.0], raw=[7.0, 8.0], marked=True)
    curve_sheet([Panel('loss', [curve])], 'title')
    (raw, line) = drawn
    assert raw[:2] == ([1, 2], [7.0, 8.0]) and raw[2]['alpha'] < 0.5
    assert line[:2] == ([1, 2], [5.0, 6.0]) and line[2]['marker'] == 'o'


@pytest.mark.parametrize('raw', [(), (3.0, 2.5, 2.0)])
def test_a_pale_line_is_explained(monkeypatch, raw):
    labels = []
    monkeypatch.setattr(Axes, 'set_xlabel', lambda _, x: labels.append(x))
    curve_sheet([Panel('loss', [Curve('run', SHORT.x, SHORT.y, raw)])], '')
    assert labels == ['iteration' + ' (pale: before smoothing)' * bool(raw)]


def test_steps_hold_their_value():
    """A step has a right angle where a line slopes."""
    x, y = [1, 10], [0.0, 1.0]
    line, steps = (
        curve_sheet([Panel('lr', [Curve('lr', x, y, steps=flag)])], '')
        for flag in (False, True)
    )
    assert (line != steps).any()
