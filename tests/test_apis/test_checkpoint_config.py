import pickle

import pytest
import torch

from aanet.apis.checkpoint_config import config_of_checkpoint
from aanet.apis.trusted_types import check_types
from aanet.registry import MODELS, TRANSFORMS

PIPELINE = "[dict(type='LoadImageFromFile'), dict(type='FastPackInputs')]"
LOADER = f'test_dataloader = dict(dataset=dict(pipeline={PIPELINE}))\n'


def write(path, text):
    torch.save({'meta': {'cfg': text}, 'state_dict': {}}, path)
    return path


def test_what_inference_needs_is_read(tiny):
    cfg = config_of_checkpoint(tiny.checkpoint)
    assert cfg.model.type == 'ReIDNet'
    assert cfg.model.data_preprocessor == tiny.cfg.data_preprocessor
    wanted = tiny.cfg.test_dataloader.dataset.pipeline
    assert cfg.test_dataloader.dataset.pipeline == wanted
    assert set(cfg) == {'model', 'test_dataloader'}


def test_nothing_is_initialized(tmp_path):
    text = (
        "model = dict(type='ReIDNet', init_cfg=dict(type='Pretrained', "
        "checkpoint='http://x'), backbone=dict(type='mmpretrain.ResNet', "
        "depth=18, init_cfg=[dict(type='Constant')]))\n"
    )
    cfg = config_of_checkpoint(write(tmp_path / 'a.pth', text + LOADER))
    assert 'init_cfg' not in cfg.model and 'init_cfg' not in cfg.model.backbone


@pytest.mark.parametrize(
    'part',
    [
        "dict(type='subprocess.call', args=['touch', '{0}'])",
        "dict(type='builtins.open', file='{0}', mode='w')",
        "dict(type='os.mkdir', path='{0}')",
        "dict(type='mmengine.load', file='x.pkl')",
        "dict(type='mmengine.Config.fromfile', filename='x.py')",
        "dict(type='mmpretrain.HuggingFaceClassifier', model_name='x')",
        "dict(type='mmpretrain.TIMMBackbone', model_name='x')",
        "dict(type='mmpretrain.apis.get_model', model='x')",
        "dict(type='evil.Backbone')",
        "dict(type='antigravity')",
        "dict(type='ResNetOFA', _scope_='evil')",
        "dict(type='ResNetOFA', plugins=[dict(type='os.mkdir', path='{0}')])",
        "dict(type=['ResNetOFA'])",
    ],
)
def test_only_parts_of_models_are_built(tmp_path, part):
    victim = tmp_path / 'victim'
    backbone = part.format(victim)
    text = f"model = dict(type='ReIDNet', backbone={backbone})\n" + LOADER
    path = write(tmp_path / 'a.pth', text)
    with pytest.raises(ValueError, match=r'was refused: it .*name the file'):
        config_of_checkpoint(path)
    assert not victim.exists()


def test_only_transforms_are_built():
    good = [
        dict(type='Resize', scale=(1, 1)),
        dict(type='mmpretrain.PackInputs'),
        dict(type='mmpretrain.torchvision/Resize', size=3),
    ]
    check_types(good, TRANSFORMS)
    for name in ('ReIDNet', 'os.mkdir', 'mmpretrain.ResNet', 'nothing'):
        with pytest.raises(ValueError, match='no part known'):
            check_types([dict(type=name)], TRANSFORMS)


def test_parts_of_others_that_compute_are_trusted():
    for name in ('BN', 'mmpretrain.CrossEntropyLoss', 'aanet.ResNetOFA'):
        check_types(dict(type=name), MODELS)


def test_who_registers_a_class_is_trusted():
    @MODELS.register_module(name='OfTheUser', force=True)
    class OfTheUser:
        pass

    check_types(dict(type='OfTheUser'), MODELS)
    MODELS.module_dict.pop('OfTheUser')


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ({'state_dict': {}}, 'does not carry its config'),
        ({'meta': {'cfg': 3}}, 'does not carry its config'),
        ([1], 'does not carry its config'),
        ({'meta': {'cfg': 'model = open()'}}, 'line 1 holds more'),
        ({'meta': {'cfg': 'model = 1'}}, 'it lacks a model'),
        ({'meta': {'cfg': LOADER}}, 'it lacks a model'),
    ],
)
def test_what_is_missing_is_named(tmp_path, content, message):
    torch.save(content, tmp_path / 'a.pth')
    with pytest.raises(ValueError, match=message):
        config_of_checkpoint(tmp_path / 'a.pth')


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, 'w')


def test_pickles_are_not_run(tmp_path):
    victim = str(tmp_path / 'victim')
    torch.save({'meta': Payload(victim)}, tmp_path / 'a.pth')
    (tmp_path / 'b.pth').write_bytes(pickle.dumps(Payload(victim)))
    for name in ('a.pth', 'b.pth'):
        with pytest.raises(ValueError, match='was refused'):
            config_of_checkpoint(tmp_path / name)
    assert not (tmp_path / 'victim').exists()
