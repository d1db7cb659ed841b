"""Schedules without training; tests/test_tools compare them to a training."""

import math

import pytest
from mmengine.config import Config

from aanet.visualization.epoch_length import epoch_length
from aanet.visualization.optimizer_setup import total_iterations
from aanet.visualization.parameter_names import summarize_names
from aanet.visualization.schedule import follow_schedule

SCHEDULE = 'configs/_base_/schedules/sgd_100e.py'
LITERAL = 'configs/_base_/schedules/sgd-literal_100e.py'
LENGTH = 10


def config_of(cfg, schedule=SCHEDULE, **options):
    """The tiny model of the tests with a schedule of the project."""
    whole = Config.fromfile(schedule)
    whole.merge_from_dict({**cfg.to_dict(), **options})
    return whole


def courses_of(cfg, parameter='lr', **options):
    courses = follow_schedule(cfg, parameter, LENGTH, **options)
    return {course.name: course for course in courses}


def test_the_heads_rate_is_ten_times_the_backbones(tiny_cfg):
    courses = courses_of(config_of(tiny_cfg))
    assert list(courses) == ['backbone, neck', 'head']
    for name, rate in (('backbone, neck', 0.01), ('head', 0.1)):
        assert courses[name].at(1) == pytest.approx(rate)
        assert courses[name].at(400) == pytest.approx(rate)
        assert courses[name].at(401) == pytest.approx(rate / 10)
        assert courses[name].at(1000) == pytest.approx(rate / 10)


def test_the_papers_head_never_decays(tiny_cfg):
    courses = courses_of(config_of(tiny_cfg, LITERAL))
    assert courses['backbone, neck'].at(401) == pytest.approx(0.001)
    assert courses['head'].at(1) == courses['head'].at(1000) == 0.01


def test_warm_up_by_iterations_then_cosine_by_iterations(tiny_cfg):
    schedulers = [
        dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=15),
        dict(
            type='CosineAnnealingLR',
            begin=2,
            T_max=3,
            by_epoch=True,
            convert_to_iter_based=True,
        ),
    ]
    cfg = config_of(tiny_cfg)
    cfg.param_scheduler = schedulers
    cfg.train_cfg.max_epochs = 5
    head = courses_of(cfg)['head']
    for step in (1, 7, 15):
        share = 0.1 + 0.9 * min(step - 1, 14) / 14
        assert head.at(step) == pytest.approx(0.1 * share)
    for step in (21, 30, 50):
        phase = math.pi * (step - 21) / 30
        expected = 0.1 * (1 + math.cos(phase)) / 2
        assert head.at(step) == pytest.approx(expected, abs=1e-9)


def test_momentum_and_weight_decay(tiny_cfg):
    cfg = config_of(tiny_cfg)
    cfg.optim_wrapper.paramwise_cfg.bias_decay_mult = 0
    (momentum,) = courses_of(cfg, 'momentum').values()
    assert (momentum.name, momentum.at(9)) == ('all parameters', 0.9)
    decays = [course.at(1) for course in courses_of(cfg, 'wd').values()]
    assert sorted(decays) == [0, 5e-4]
    adam = dict(type='Adam', lr=1e-3, betas=(0.8, 0.9), weight_decay=0.1)
    cfg.optim_wrapper.optimizer = adam
    (momentum,) = courses_of(cfg, 'momentum').values()
    assert momentum.at(1) == 0.8


def test_frozen_parameters_have_no_rate(tiny_cfg):
    cfg = config_of(tiny_cfg)
    cfg.model.backbone.frozen_stages = 4
    names = list(courses_of(cfg))
    assert names[1] == 'head'
    assert names[0].startswith('backbone.layer3.0.attention, ')


def test_mixed_precision_needs_no_accelerator(tiny_cfg):
    cfg = config_of(tiny_cfg)
    cfg.optim_wrapper.type = 'AmpOptimWrapper'
    assert len(courses_of(cfg)) == 2


def test_rates_follow_the_batch_size_if_told_to(tiny_cfg):
    cfg = config_of(
        tiny_cfg,
        train_dataloader=dict(batch_size=30),
        auto_scale_lr=dict(enable=True, base_batch_size=60),
    )
    assert courses_of(cfg)['head'].at(1) == pytest.approx(0.05)
    assert courses_of(cfg, processes=4)['head'].at(1) == pytest.approx(0.2)


def test_a_loop_of_iterations_never_ends_an_epoch(tiny_cfg):
    cfg = config_of(tiny_cfg)
    cfg.train_cfg = dict(type='IterBasedTrainLoop', max_iters=900)
    assert total_iterations(cfg, LENGTH) == 900
    assert courses_of(cfg)['head'].at(900) == 0.1


def test_what_cannot_be_drawn_is_said(tiny_cfg):
    cfg = config_of(tiny_cfg)
    cfg.optim_wrapper = dict(constructor='Several')
    with pytest.raises(ValueError, match=r'optim_wrapper\.optimizer is not'):
        courses_of(cfg)
    cfg.train_cfg = dict()
    with pytest.raises(ValueError, match='neither max_epochs nor max_iters'):
        total_iterations(cfg, LENGTH)


@pytest.mark.parametrize(
    ('name', 'expected'),
    [('market', 431), ('duke', 550), ('cuhk03-labeled', 245)],
)
def test_epochs_of_published_data_sets_need_no_data(name, expected):
    cfg = Config.fromfile(f'configs/aanet/aanet_r50_{name}.py')
    cfg.train_dataloader.dataset.data_root = 'nowhere'
    assert epoch_length(cfg) == expected
    assert epoch_length(cfg, processes=4) == expected // 4
    assert epoch_length(cfg, dataset_size=91) == 3


def test_other_samplers_share_out_images():
    cfg = Config.fromfile('configs/aanet/aanet_r50_market.py')
    cfg.train_dataloader.sampler = dict(type='DefaultSampler', shuffle=True)
    # 12,936 images are 431 batches and a bit; half of them, 215 and a bit.
    assert epoch_length(cfg) == 432
    assert epoch_length(cfg, processes=2) == 216


def test_held_out_identities_need_the_data():
    cfg = Config.fromfile('configs/aanet/aanet_r50-val_market.py')
    cfg.train_dataloader.dataset.data_root = 'nowhere'
    with pytest.raises(FileNotFoundError, match=r'nowhere.*--dataset-size'):
        epoch_length(cfg)
    assert epoch_length(cfg, dataset_size=3000) == 100


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(dataset_size=-5), '--dataset-size must be at least 1, not -5'),
        (dict(processes=0), '--ngpus must be at least 1, not 0'),
        (dict(processes=500), 'no batch for each of 500 process'),
    ],
)
def test_bad_numbers_are_refused(options, message):
    cfg = Config.fromfile('configs/aanet/aanet_r50_market.py')
    with pytest.raises(ValueError, match=message):
        epoch_length(cfg, **options)


def test_names_are_those_of_whole_modules():
    everything = ['a.x.w', 'a.x.b', 'a.y.w', 'b.w', 'b.c.w']
    assert summarize_names(everything, everything) == 'all parameters'
    assert summarize_names(['b.c.w', 'b.w'], everything) == 'b'
    assert summarize_names(['a.x.w', 'a.x.b', 'b.w'], everything) == 'a.x, b.w'
    many = [f'm{n}.w' for n in range(9)]
    assert summarize_names(many[:5], many) == 'm0, m1, m2 and 2 more'
    long = [f'{"m" * 60}{n}.w' for n in range(9)]
    assert summarize_names(long[:5], long) == f'{"m" * 60}0 and 4 more'
