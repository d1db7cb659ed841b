import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmengine.config import Config

from aanet.apis.config_text import parse_config_text
from tests.helpers.tools import ROOT

NAMES = st.from_regex('[a-z_][a-z0-9_]{0,5}', fullmatch=True).filter(
    lambda name: name.isidentifier() and name not in ('as', 'if', 'in', 'is')
)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
)
VALUES = st.recursive(
    PLAIN,
    lambda part: (
        st.lists(part, max_size=3)
        | st.lists(part, max_size=3).map(tuple)
        | st.dictionaries(NAMES, part, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, VALUES, max_size=3))
def test_what_python_writes_is_read(settings):
    text = '\n'.join(f'{name} = {settings[name]!r}' for name in settings)
    assert parse_config_text(text) == settings


@pytest.mark.parametrize(
    'path', ['aanet/aanet_r18_toy.py', 'baseline/bl_r50_market.py']
)
def test_what_mmengine_writes_is_read(path):
    cfg = Config.fromfile(ROOT / 'configs' / path)
    assert parse_config_text(cfg.pretty_text) == cfg.to_dict()


def test_odd_keys_of_mmengine_are_read():
    settings = {'a': {'0.weight': 1, 'b': {'c-d': [(1.5, None), {}]}}}
    text = Config(settings).pretty_text
    assert parse_config_text(text) == settings


@pytest.mark.parametrize(
    'text',
    [
        "__import__('os').system('touch {0}')",
        "x = __import__('os').system('touch {0}')",
        "x = dict(a=[open('{0}', 'w')])",
        "x = [open('{0}', 'w') for _ in 'a']",
        'x = f\'{{open("{0}", "w")}}\'',
        "x = (lambda: open('{0}', 'w'))()",
        "import os\nos.system('touch {0}')",
        "def f(a=open('{0}', 'w')):\n    pass",
        "x: open('{0}', 'w') = 1",
        "@open('{0}', 'w')\nclass A:\n    pass",
        "x = dict(**open('{0}', 'w'))",
        "x = {{**{{1: open('{0}', 'w')}}}}",
        "x = {{open('{0}', 'w'): 1}}",
        "x.y = open('{0}', 'w')",
        "x = y = open('{0}', 'w')",
        "dict = open\nx = dict('{0}', 'w')",
        "x = -open('{0}', 'w')",
        "_base_ = ['{0}']\nassert open('{0}', 'w')",
    ],
)
def test_code_is_refused_and_not_run(tmp_path, text):
    victim = tmp_path / 'victim'
    with pytest.raises(ValueError, match=r'line \d+ holds more than plain'):
        parse_config_text(text.format(victim))
    assert not victim.exists()


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('x = (', 'line 1 is no Python'),
        ('x = 1\ny = = 2', 'line 2 is no Python'),
        ('\0', 'is no Python'),
        ('x = ' + '[' * 5000, 'is no Python'),
        ('x = ' + '-' * 5000 + '1', 'nested too deeply'),
        ('x = ' + 'a.' * 50000 + 'b', 'nested too deeply'),
        ('x = ' + '9' * 5000, 'is no Python'),
        ('x = 1  #' + ' ' * 2**20, 'too long'),
        ('x = --1', 'more than plain values'),
        ("x = b'1'", 'more than plain values'),
        ('x = 1j', 'more than plain values'),
        ('x = ...', 'more than plain values'),
    ],
)
def test_nonsense_is_named(text, message):
    with pytest.raises(ValueError, match=message):
        parse_config_text(text)


def test_numbers_that_are_names_are_read():
    read = parse_config_text('x = inf\ny = (-inf, nan)')
    assert read['x'] == float('inf') and read['y'][0] == -float('inf')
    assert read['y'][1] != read['y'][1]
