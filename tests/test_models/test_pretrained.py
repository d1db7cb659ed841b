"""What a machine without a network is told."""

from urllib.error import URLError

import pytest
import torch

from aanet.models.pretrained import offline_hint
from aanet.registry import MODELS
from tests.helpers.models import TINY_RESNET

CHECKPOINT = 'torchvision://resnet18'


def model(checkpoint=CHECKPOINT):
    init_cfg = {'type': 'Pretrained', 'checkpoint': checkpoint}
    return MODELS.build(
        dict(
            type='ReIDNet',
            backbone=dict(TINY_RESNET, init_cfg=init_cfg),
            head=dict(type='PCBTriHardHead', num_classes=3, in_channels=64),
        )
    )


def no_network(*_, **__):
    raise URLError('Temporary failure in name resolution')


def test_a_failed_download_says_which_file_goes_where(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.hub, '_hub_dir', str(tmp_path))
    monkeypatch.setattr('torch.hub.download_url_to_file', no_network)
    with pytest.raises(FileNotFoundError) as caught:
        model().init_weights()
    message = str(caught.value)
    assert 'name resolution' in message
    assert 'https://download.pytorch.org/models/resnet18-' in message
    assert str(tmp_path / 'checkpoints') in message
    assert 'model.backbone.init_cfg.checkpoint=FILE' in message
    assert 'model.backbone.init_cfg=None' in message


@pytest.mark.parametrize(
    'error', [ConnectionError('reset'), TimeoutError('timed out')]
)
def test_other_network_errors_are_told_as_well(error):
    with (
        pytest.raises(FileNotFoundError, match=r'cannot be downloaded'),
        offline_hint(model()),
    ):
        raise error


def test_other_errors_pass():
    with pytest.raises(KeyError), offline_hint(model()):
        raise KeyError('not ours')


def test_a_file_given_in_its_place_loads(tmp_path):
    """The way out that the message names."""
    state = MODELS.build(TINY_RESNET).state_dict()
    torch.save(state, tmp_path / 'weights.pth')
    net = model(str(tmp_path / 'weights.pth'))
    net.init_weights()
    key = 'layer4.1.conv2.weight'
    assert torch.equal(net.backbone.state_dict()[key], state[key])


def test_a_missing_file_is_named(tmp_path):
    net = model(str(tmp_path / 'nowhere.pth'))
    with pytest.raises(FileNotFoundError, match=r'nowhere\.pth'):
        net.init_weights()


def test_from_scratch_is_mmpretrain_s_own_start():
    """init_cfg=None, the other way out: Kaiming fan out, not PyTorch's."""
    cfg = dict(TINY_RESNET, init_cfg=None, zero_init_residual=False)
    backbone = MODELS.build(cfg)
    backbone.init_weights()
    conv = backbone.layer4[1].conv2.weight
    expected = (2 / (9 * conv.shape[0])) ** 0.5
    assert conv.std().item() == pytest.approx(expected, rel=0.05)
