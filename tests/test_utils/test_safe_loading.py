"""Loading a checkpoint reads data and runs nothing."""

import os
import pickle
import shutil

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.runner.checkpoint import CheckpointLoader, load_checkpoint

from aanet.utils.safe_loading import TRUST_VARIABLE, load_local_checkpoint


class Payload:
    """Creates a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


class Innocent:
    """Harmless, but a class that is not on the list."""


@pytest.fixture(autouse=True)
def untrusting(monkeypatch):
    monkeypatch.delenv(TRUST_VARIABLE, raising=False)
    monkeypatch.delenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', raising=False)


def payload_file(tmp_path, legacy=False):
    """A checkpoint with weights and a payload; where it would strike."""
    path, trap = tmp_path / 'evil.pth', tmp_path / 'struck'
    content = {'state_dict': {'w': torch.ones(2)}, 'meta': Payload(trap)}
    if legacy:
        path.write_bytes(pickle.dumps(content, protocol=2))
    else:
        torch.save(content, path)
    return path, trap


@pytest.mark.parametrize('legacy', [False, True], ids=['zip', 'pickle'])
def test_a_payload_is_refused_and_does_not_run(tmp_path, legacy):
    path, trap = payload_file(tmp_path, legacy)
    for load in (
        load_local_checkpoint,
        CheckpointLoader.load_checkpoint,
        lambda p: load_checkpoint(torch.nn.Linear(1, 1), p),
    ):
        with pytest.raises(ValueError) as caught:
            load(str(path))
        message = str(caught.value)
        assert str(path) in message
        assert 'refused' in message and f'{TRUST_VARIABLE}=1' in message
        assert not trap.exists()


@pytest.mark.parametrize(
    'name', ['https://example.org/evil.pth', 'torchvision://resnet18']
)
def test_a_downloaded_payload_does_not_run(tmp_path, monkeypatch, name):
    """The same promise for load_from and init_cfg that name an address."""
    path, trap = payload_file(tmp_path)
    monkeypatch.setattr(torch.hub, '_hub_dir', str(tmp_path / 'hub'))
    monkeypatch.setattr(
        'torch.hub.download_url_to_file',
        lambda url, target, *_, **__: shutil.copy(path, target),
    )
    with pytest.raises(ValueError, match='refused'):
        CheckpointLoader.load_checkpoint(name)
    assert not trap.exists()


def test_the_payload_is_a_real_one(tmp_path, monkeypatch):
    """With trust it runs: the test above is not vacuous."""
    path, trap = payload_file(tmp_path)
    monkeypatch.setenv(TRUST_VARIABLE, '1')
    loaded = load_local_checkpoint(str(path))
    assert trap.is_dir()
    assert torch.equal(loaded['state_dict']['w'], torch.ones(2))


@pytest.mark.parametrize('value', ['0', '', 'no'])
def test_only_one_means_trust(tmp_path, monkeypatch, value):
    path, trap = payload_file(tmp_path)
    monkeypatch.setenv(TRUST_VARIABLE, value)
    with pytest.raises(ValueError, match='refused'):
        load_local_checkpoint(str(path))
    assert not trap.exists()


def test_unlisted_classes_are_refused_by_name(tmp_path):
    torch.save({'meta': Innocent()}, tmp_path / 'a.pth')
    with pytest.raises(ValueError, match='refused') as caught:
        load_local_checkpoint(str(tmp_path / 'a.pth'))
    assert 'Innocent' in str(caught.value)
    # torch's advice is formatted for its own message.
    assert '\x1b' not in str(caught.value)


class GetAttr:
    """Reaches for an attribute through the one getattr that is allowed."""

    def __init__(self, obj, name):
        self.args = obj, name

    def __reduce__(self):
        return getattr, self.args


@pytest.mark.parametrize(
    ('obj', 'name'),
    [
        (HistoryBuffer, '__init__'),
        (HistoryBuffer, '__globals__'),
        (HistoryBuffer(), 'statistics'),
        (np.ndarray, 'tofile'),
    ],
)
def test_getattr_reaches_nothing_else(tmp_path, obj, name):
    torch.save({'meta': GetAttr(obj, name)}, tmp_path / 'a.pth')
    with pytest.raises(ValueError, match='refused'):
        load_local_checkpoint(str(tmp_path / 'a.pth'))


def test_an_mmengine_checkpoint_loads_with_its_history(tmp_path):
    hub = MessageHub.get_instance('safe-loading')
    for step in range(5):
        hub.update_scalar('train/loss', 0.5 * step)
    hub.update_scalar('train/lr', np.float32(0.1))
    hub.update_info('iter', 5)
    hub.update_info('array', np.arange(3))
    content = {
        'state_dict': {'w': torch.ones(2)},
        'message_hub': hub.state_dict(),
        'meta': {'seed': 1, 'epoch': 2, 'cfg': 'a = 1'},
    }
    torch.save(content, tmp_path / 'epoch_2.pth')
    loaded = CheckpointLoader.load_checkpoint(str(tmp_path / 'epoch_2.pth'))
    again = MessageHub.get_instance('safe-loading-again')
    again.load_state_dict(loaded['message_hub'])
    buffer = again.get_scalar('train/loss')
    assert isinstance(buffer, HistoryBuffer)
    assert buffer.current() == 2.0
    assert buffer.mean(3) == 1.5
    assert again.get_info('iter') == 5
    assert again.get_info('array').tolist() == [0, 1, 2]
    assert loaded['meta'] == content['meta']


def test_map_location_is_passed_on(tmp_path):
    torch.save({'w': torch.ones(2)}, tmp_path / 'a.pth')
    loaded = load_local_checkpoint(str(tmp_path / 'a.pth'), 'meta')
    assert loaded['w'].device.type == 'meta'


@pytest.mark.parametrize('share', [0.0, 0.3, 0.9, 0.99])
@pytest.mark.parametrize('numbers', [10_000, 200_000])
def test_a_truncated_file_is_told(tmp_path, share, numbers):
    path = tmp_path / 'half.pth'
    torch.save({'state_dict': {'w': torch.rand(numbers)}}, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError) as caught:
        load_local_checkpoint(str(path))
    message = str(caught.value)
    assert str(path) in message
    assert 'damaged or incomplete' in message


@pytest.mark.parametrize(
    'content', [b'<html>404</html>', b'\x80\x02', bytes(1000)]
)
def test_a_file_that_is_no_checkpoint_is_told(tmp_path, content):
    path = tmp_path / 'page.pth'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r'page\.pth .*damaged'):
        load_local_checkpoint(str(path))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'none\.pth does not exist'):
        CheckpointLoader.load_checkpoint(str(tmp_path / 'none.pth'))


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(FileNotFoundError, match='does not exist'):
        load_local_checkpoint(str(tmp_path))


def test_the_home_folder_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    torch.save({'a': 1}, tmp_path / 'a.pth')
    assert load_local_checkpoint('~/a.pth') == {'a': 1}
