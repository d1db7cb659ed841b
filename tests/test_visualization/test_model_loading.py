import pytest
import torch

from aanet.registry import MODELS
from aanet.visualization import load_model


def saved(cfg, path):
    model = MODELS.build(cfg.model)
    torch.save(dict(state_dict=model.state_dict()), path)
    return model.state_dict()


def test_weights_arrive_and_nothing_is_downloaded(tiny_cfg, tmp_path):
    weights = saved(tiny_cfg, tmp_path / 'a.pth')
    model = load_model(tiny_cfg, str(tmp_path / 'a.pth'))
    assert not model.training
    assert 'Pretrained' not in str(model.backbone.init_cfg)
    for name, value in model.state_dict().items():
        assert torch.equal(value, weights[name])
    # The config is not changed.
    assert tiny_cfg.model.backbone.init_cfg.type == 'Pretrained'


def test_a_checkpoint_of_another_model_is_refused(tiny_cfg, tmp_path):
    saved(tiny_cfg, tmp_path / 'a.pth')
    tiny_cfg.model.neck.num_classes = 9
    with pytest.raises(
        ValueError, match=r'a\.pth is of another model.*cam_fc'
    ):
        load_model(tiny_cfg, str(tmp_path / 'a.pth'))


def test_a_missing_checkpoint_is_named(tiny_cfg):
    with pytest.raises(FileNotFoundError, match=r'nowhere\.pth'):
        load_model(tiny_cfg, 'nowhere.pth')


@pytest.mark.parametrize('within', [True, False])
def test_images_are_prepared_as_the_runner_does(tiny_cfg, tmp_path, within):
    saved(tiny_cfg, tmp_path / 'a.pth')
    if not within:
        tiny_cfg.data_preprocessor = tiny_cfg.model.pop('data_preprocessor')
    model = load_model(tiny_cfg, str(tmp_path / 'a.pth'))
    assert model.data_preprocessor.mean.flatten().tolist() == [120, 110, 100]
