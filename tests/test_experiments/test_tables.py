"""The paper's tables are data that name real configs."""

import re
from pathlib import Path

import pytest
from mmengine.config import Config

from aanet.experiments import COLUMNS, load_table, table_names
from aanet.experiments.swap import dataset_config

NAMES = [
    'figure6a',
    'figure6b',
    'table3',
    'table4',
    'table5',
    'table6',
    'table7',
    'table8',
    'table9',
    'table10',
]
WRITTEN = """
title: Mine
columns: [{column}]
datasets: [market]
rows:
  - name: one
    config: {config}
  - name: {second}
    config: configs/baseline/bl_r50_market.py
    {key}: {{}}
"""


def write(folder, **changes):
    values = {
        'column': 'mAP',
        'config': 'configs/baseline/bl_r50_market.py',
        'second': 'two',
        'key': 'override',
    }
    path = folder / 'mine.yml'
    path.write_text(WRITTEN.format(**{**values, **changes}), 'utf-8')
    return str(path)


def test_tables_3_to_10_and_figure_6_are_there_in_order():
    assert [name for name in table_names() if name != 'mobile'] == NAMES


def test_every_table_can_be_read():
    for name in table_names():
        assert len(load_table(name).rows) > 1


@pytest.mark.parametrize('name', NAMES)
def test_paper_s_table(name):
    table = load_table(name)
    number = re.fullmatch(r'(table|figure)(\d+.?)', name)
    assert table.title.lower().startswith(' '.join(number.groups()))
    assert len(table.rows) > 1
    for dataset in table.datasets:
        assert Path(dataset_config(dataset)).is_file()
    for row in table.rows:
        for figures in row.paper.values():
            assert all(isinstance(v, (int, float)) for v in figures.values())


def rows(name):
    return [row.name for row in load_table(name).rows]


def test_table_3_has_nine_rows_from_bl_to_aanet():
    names = rows('table3')
    assert len(names) == 9
    assert (names[0], names[-1]) == ('BL', 'AANet')


def test_table_4_has_every_place_and_connection():
    expected = {f'AANet-Conv.B{k}' for k in range(1, 5)}
    expected |= {'without OFA', 'DenseOFA', 'DenseOFA-2', 'AANet-2'}
    assert set(rows('table4')) == expected | {'Freeze', 'AANet'}


@pytest.mark.parametrize('name', ['table5', 'table6', 'figure6a'])
def test_numbers_of_modules_are_what_the_models_have(name):
    counts = []
    for row in load_table(name).rows:
        cfg = Config.fromfile(row.config)
        cfg.merge_from_dict(row.override)
        counts.append(sum(cfg.model.backbone.attention_blocks))
        assert row.x == counts[-1]
    assert counts == [0, 1, 2, 3, 4, 5, 6, 9, 13, 16]


def test_figure_6b_sweeps_the_threshold_from_0_to_1():
    thresholds = []
    for row in load_table('figure6b').rows:
        cfg = Config.fromfile(row.config)
        cfg.merge_from_dict(row.override)
        assert cfg.model.neck.threshold_w == 0.3
        thresholds.append(cfg.model.neck.threshold_h)
        assert row.x == thresholds[-1]
    assert thresholds == [k / 10 for k in range(11)]


def test_table_8_has_five_seeds_on_four_sets():
    table = load_table('table8')
    assert len(set(table.seeds)) == 5
    assert len(table.datasets) == 4


def test_table_9_has_each_rival_in_bl_and_in_aanet():
    rivals = ('CA', 'SA', 'SOA', 'HA', '3DA-like')
    expected = {f'BL+{rival}' for rival in (*rivals, 'OFA')}
    expected |= {f'AANet-{rival}' for rival in rivals} | {'BL', 'AANet'}
    assert set(rows('table9')) == expected


def test_table_10_has_four_losses():
    types = {
        (loss.type, loss.get('intra_weight'))
        for loss in (
            Config.fromfile(row.config).model.head.loss_triplet
            for row in load_table('table10').rows
        )
    }
    assert types == {
        ('TriHardLoss', 0.0),
        ('TriHardLoss', 1.0),
        ('QuadrupletLoss', None),
        ('AngularLoss', None),
    }


def test_a_table_of_one_s_own(tmp_path):
    table = load_table(write(tmp_path))
    assert table.name == 'mine'
    assert [row.name for row in table.rows] == ['one', 'two']
    assert table.seeds == [0]


def test_unknown_table_is_refused_with_those_there_are():
    with pytest.raises(FileNotFoundError, match=r"'table99'.*table3, table4"):
        load_table('table99')


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'column': 'Rank-7'}, r"unknown columns \['Rank-7'\]"),
        ({'config': 'configs/no.py'}, "row 'one'.*configs/no.py does not"),
        ({'second': 'one'}, 'two rows have the same name'),
        ({'key': 'overrides'}, "not a table .*'overrides'"),
    ],
)
def test_faults_of_a_table_are_named(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        load_table(write(tmp_path, **changes))


def test_no_tables_without_a_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match='root of the repository'):
        table_names()


def test_every_column_names_its_unit_or_is_a_score():
    for key, column in COLUMNS.items():
        assert column.header == key or '(' in column.header
