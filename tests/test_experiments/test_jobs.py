"""Rows become runs, and equal runs become one."""

from dataclasses import replace

import pytest
from mmengine.config import Config

from aanet.experiments import Row, expand, load_table
from aanet.experiments.jobs import fingerprint, row_config
from aanet.experiments.swap import dataset_config

SETS = ['market', 'duke', 'cuhk03-labeled', 'cuhk03-detected']


def folders(jobs):
    return {job.folder for job in jobs}


def test_one_run_for_each_row_and_seed(table, jobs):
    assert [(job.row.name, job.seed) for job in jobs] == [
        ('BL', 3),
        ('BL', 4),
        ('high', 3),
        ('high', 4),
    ]
    assert len(folders(jobs)) == 4
    for job in jobs:
        assert job.cfg.randomness.seed == job.seed
        assert job.folder.name == f'seed{job.seed}'
    assert jobs[2].cfg.model.neck.threshold_h == 0.5
    assert jobs[2].folder.parent.name.startswith('aanet_r50-')


def test_seeds_and_options_in_place_of_the_table_s(table, tmp_path):
    jobs = expand(
        table, tmp_path, seeds=[9], options={'train_cfg.max_epochs': 7}
    )
    assert [job.seed for job in jobs] == [9, 9]
    assert all(job.cfg.train_cfg.max_epochs == 7 for job in jobs)


def test_override_that_nothing_reads_is_refused(table, tmp_path):
    with pytest.raises(ValueError, match='threshold_q'):
        expand(table, tmp_path, options={'model.neck.threshold_q': 1})
    wrong = replace(table, rows=[Row('x', table.rows[0].config, {'a.b': 1})])
    with pytest.raises(ValueError, match=r"'a'|'a\.b'"):
        expand(wrong, tmp_path)


@pytest.mark.parametrize('dataset', SETS)
@pytest.mark.parametrize('method', ['aanet/aanet_r50', 'baseline/bl_r50'])
def test_another_data_set_gives_that_set_s_own_config(method, dataset):
    """Classes, data and epochs follow the data set, all else the row."""
    row = Row('any', f'configs/{method}_cuhk03-labeled.py')
    moved = row_config(row, dataset, {})
    expected = Config.fromfile(f'configs/{method}_{dataset}.py')
    assert fingerprint(moved) == fingerprint(expected)
    assert moved.val_dataloader == expected.val_dataloader


def test_batch_of_a_row_survives_another_data_set():
    (row,) = (r for r in load_table('table4').rows if r.name == 'DenseOFA')
    cfg = row_config(row, 'market', {})
    assert cfg.train_dataloader.batch_size == 15
    assert cfg.train_dataloader.dataset.type == 'Market1501'
    assert cfg.model.neck.num_classes == 751


def test_config_of_one_s_own_data_set_keeps_its_schedule(tmp_path):
    path = tmp_path / 'bl_mine_market.py'
    base = Config.fromfile('configs/baseline/bl_r50_market.py')
    base.train_cfg.max_epochs = 3
    base.dump(path)
    row = Row('mine', str(path))
    assert row_config(row, 'market', {}).train_cfg.max_epochs == 3
    assert row_config(row, 'duke', {}).train_cfg.max_epochs == 120


def test_unknown_data_set_is_refused_with_those_there_are():
    with pytest.raises(FileNotFoundError, match=r"'msmt17'.*duke, market"):
        dataset_config('msmt17')
    assert dataset_config('configs/aanet/aanet_r18_toy.py').endswith('toy.py')


def test_any_config_can_be_the_data_set(table, tmp_path):
    jobs = expand(table, tmp_path, ['configs/aanet/aanet_r18_toy.py'])
    assert {job.dataset for job in jobs} == {'aanet_r18_toy'}
    for job in jobs:
        assert job.cfg.train_dataloader.dataset.type == 'ToyReID'
        assert job.cfg.model.head.num_classes == 60
        # The input size belongs to the method.
        pipeline = job.cfg.train_dataloader.dataset.pipeline
        assert pipeline[1].scale == (192, 384)


class TestFingerprint:
    def changed(self, key, value):
        cfg = Config.fromfile('configs/aanet/aanet_r50_market.py')
        cfg.merge_from_dict({key: value})
        return fingerprint(cfg)

    def same(self):
        return fingerprint(
            Config.fromfile('configs/aanet/aanet_r50_market.py')
        )

    @pytest.mark.parametrize(
        ('key', 'value'),
        [
            ('model.neck.threshold_h', 0.31),
            ('optim_wrapper.optimizer.lr', 0.02),
            ('train_dataloader.sampler.num_ids', 11),
            ('train_dataloader.dataset.pipeline.1.scale', (64, 128)),
            ('train_cfg.max_epochs', 99),
            ('test_evaluator.ap', 'trapezoid'),
            ('param_scheduler.milestones', [50]),
            ('load_from', 'other.pth'),
        ],
    )
    def test_changes_with_what_decides_scores(self, key, value):
        assert self.changed(key, value) != self.same()

    @pytest.mark.parametrize(
        ('key', 'value'),
        [
            ('train_dataloader.num_workers', 1),
            ('train_dataloader.dataset.data_root', '/elsewhere'),
            ('train_cfg.val_interval', 1),
            ('default_hooks.logger.interval', 1),
            ('randomness.seed', 5),
            ('test_evaluator.max_memory_mb', 64),
        ],
    )
    def test_stays_with_what_does_not(self, key, value):
        assert self.changed(key, value) == self.same()

    def test_tuples_and_lists_are_one(self):
        key = 'model.backbone.attention_blocks'
        assert self.changed(key, [0, 0, 3, 3]) == self.same()

    def test_each_process_adds_a_batch(self):
        cfg = Config.fromfile('configs/aanet/aanet_r50_market.py')
        assert fingerprint(cfg, 1) != fingerprint(cfg, 8)


def test_rows_that_agree_share_a_run(tmp_path):
    """AANet stands in most tables; six modules and T_h = 0.3 are AANet."""
    names = ('table3', 'table5', 'table7', 'table9', 'table10', 'figure6b')
    tables = [expand(load_table(name), tmp_path) for name in names]
    assert len(set.intersection(*map(folders, tables))) == 1
    all_of_them = set.union(*map(folders, tables))
    assert len(all_of_them) < sum(map(len, tables))


def test_a_finished_run_is_found_under_another_row_s_name(table, tmp_path):
    (job, *_) = expand(table, tmp_path)
    mark = job.folder.parent.name.rpartition('-')[2]
    other = tmp_path / 'market' / f'earlier_name-{mark}'
    other.mkdir(parents=True)
    (again, *_) = expand(table, tmp_path)
    assert again.folder.parent == other


def test_smoke_runs_once_on_drawn_pictures_from_scratch(table, tmp_path):
    jobs = expand(table, tmp_path, datasets=SETS, smoke=True)
    assert [(job.dataset, job.seed) for job in jobs] == [('toy', 0)] * 2
    for job in jobs:
        assert job.cfg.model.backbone.init_cfg is None
        assert job.cfg.model.backbone.depth == 50
        assert job.cfg.model.head.num_classes == 6
        assert job.cfg.train_dataloader.dataset.type == 'ToyReID'
        sampler = job.cfg.train_dataloader.sampler
        images = sampler.num_ids * sampler.num_instances
        assert job.cfg.train_dataloader.batch_size == images
