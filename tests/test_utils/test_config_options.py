"""Which keys of --cfg-options are accepted."""

import pytest
from mmengine.config import Config

from aanet.utils.config_options import check_options


@pytest.fixture(scope='module')
def cfg():
    return Config.fromfile('configs/aanet/aanet_r50_market.py')


@pytest.mark.parametrize(
    'key',
    [
        # In the config.
        'train_cfg.max_epochs',
        'model.backbone.attention_blocks',
        'model.backbone.init_cfg.checkpoint',
        'train_pipeline.1.scale',
        'custom_hooks',
        # An argument of the class that a dict configures.
        'model.neck.threshold_mode',
        'model.head.loss_triplet.gather',
        'model.flip_test',
        'train_dataloader.dataset.pipeline.1.keep_ratio',
        'train_dataloader.sampler.seed',
        'optim_wrapper.optimizer.nesterov',
        'param_scheduler.begin',
        # Of its base class, behind **kwargs.
        'model.backbone.frozen_stages',
        'model.backbone.attention.gate_init',
        'train_cfg.dynamic_intervals',
        # Of what reads a dict without a type.
        'train_dataloader.drop_last',
        'randomness.diff_rank_seed',
        'log_processor.num_digits',
        # Of a dict that the config leaves out.
        'optim_wrapper.clip_grad.max_norm',
        # Of the Runner.
        'resume',
        'auto_scale_lr.enable',
        'experiment_name',
        # Of dicts that are the user's own.
        'default_hooks.early_stopping.type',
        'env_cfg.mp_cfg.mp_start_method',
        # Borrowed classes.
        'model.data_preprocessor.batch_augments',
        'model.head.loss_cls.class_weight',
        # What mmengine reads beside a class's arguments.
        'optim_wrapper.constructor',
        'custom_hooks.0.priority',
    ],
)
def test_a_key_that_something_reads_is_accepted(cfg, key):
    check_options(cfg, {key: 1})


@pytest.mark.parametrize(
    ('key', 'unknown', 'near'),
    [
        ('modl', 'modl', 'model'),
        ('model.nek.threshold_h', 'model.nek', 'model.neck'),
        (
            'model.neck.treshold_h',
            'model.neck.treshold_h',
            'model.neck.threshold_h',
        ),
        (
            'model.backbone.depht',
            'model.backbone.depht',
            'model.backbone.depth',
        ),
        ('train_cfg.max_epoch', 'train_cfg.max_epoch', 'train_cfg.max_epochs'),
        ('randomness.sed', 'randomness.sed', 'randomness.seed'),
        (
            'train_pipeline.1.scal',
            'train_pipeline.1.scal',
            'train_pipeline.1.scale',
        ),
        (
            'optim_wrapper.optimizer.momentun',
            'optim_wrapper.optimizer.momentun',
            'optim_wrapper.optimizer.momentum',
        ),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(cfg, key, unknown, near):
    with pytest.raises(ValueError) as caught:
        check_options(cfg, {key: 1})
    message = str(caught.value)
    assert f"nothing reads the key '{unknown}'" in message
    assert f"did you mean '{near}'?" in message


def test_the_choices_are_named(cfg):
    with pytest.raises(ValueError, match=r'known here: .*threshold_mode'):
        check_options(cfg, {'model.neck.zzz': 1})


def test_every_key_is_checked(cfg):
    with pytest.raises(ValueError, match=r"'model\.zzz'"):
        check_options(cfg, {'resume': True, 'model.zzz': 1})


@pytest.mark.parametrize('index', ['{}', '99', '-1', 'last'])
def test_a_wrong_index_is_refused(cfg, index):
    size = len(cfg.custom_hooks)
    index = index.format(size)
    with pytest.raises(
        ValueError,
        match=rf'custom_hooks is a list of {size}: .*'
        rf'an index from 0 to {size - 1}',
    ):
        check_options(cfg, {f'custom_hooks.{index}.type': 1})


def test_nothing_lies_below_a_number(cfg):
    with pytest.raises(ValueError, match=r"'model\.backbone\.depth\.x'"):
        check_options(cfg, {'model.backbone.depth.x': 1})


@pytest.mark.parametrize(
    'key', ['model.backbone.kwargs', 'custom_hooks.0.args', 'model.self']
)
def test_names_of_python_are_no_keys(cfg, key):
    """``**kwargs`` stands for other keys and is none itself."""
    with pytest.raises(ValueError, match='nothing reads the key'):
        check_options(cfg, {key: 1})


@pytest.mark.parametrize(
    'options',
    [
        {
            'model.backbone.attention.type': 'MSAModule',
            'model.backbone.attention.fuse': 'literal',
        },
        {
            'model.head.loss_cls.type': 'mmpretrain.LabelSmoothLoss',
            'model.head.loss_cls.label_smooth_val': 0.1,
        },
    ],
    ids=['attention', 'loss'],
)
def test_a_swapped_component_brings_its_own_keys(cfg, options):
    """The arguments are those of the type given beside them."""
    check_options(cfg, options)


def test_the_config_is_left_as_it_was(cfg):
    before = cfg.pretty_text
    check_options(cfg, {'model.flip_test': True})
    assert cfg.pretty_text == before
