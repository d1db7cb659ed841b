import hashlib

import pytest
import torch

from aanet.deployment.publish import publish
from aanet.utils.safe_loading import load_local_checkpoint


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / 'epoch_3.pth'
    torch.save(
        {
            'meta': {
                'cfg': 'model = dict()',
                'epoch': 3,
                'hook_msgs': {'last_ckpt': 'epoch_3.pth'},
                'time': '20260101_000000',
            },
            'state_dict': {'weight': torch.arange(1000.0)},
            'ema_state_dict': {'module.weight': torch.zeros(1000)},
            'optimizer': {'state': {0: torch.zeros(1000)}},
            'param_schedulers': [],
            'message_hub': {},
        },
        path,
    )
    return path


def test_weights_and_config_stay_and_the_run_goes(checkpoint, tmp_path):
    path = publish(checkpoint, tmp_path / 'new' / 'net_market.pth')
    lean = load_local_checkpoint(str(path), 'cpu')
    assert set(lean) == {'meta', 'state_dict'}
    assert lean['meta'] == {'cfg': 'model = dict()', 'epoch': 3}
    assert torch.equal(lean['state_dict']['weight'], torch.arange(1000.0))
    assert path.stat().st_size < checkpoint.stat().st_size / 2


def test_the_name_ends_in_the_hash_of_the_file(checkpoint, tmp_path):
    path = publish(checkpoint, tmp_path / 'net_market.pth')
    digits = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    assert path.name == f'net_market-{digits}.pth'
    # The same weights under another name have the same hash.
    again = publish(checkpoint, tmp_path / 'other.pth')
    assert again.name == f'other-{digits}.pth'
    left = {entry.name for entry in tmp_path.iterdir()}
    assert left == {checkpoint.name, path.name, again.name}


def test_other_files_are_refused(tmp_path):
    path = tmp_path / 'weights.pth'
    torch.save({'weight': torch.zeros(1)}, path)
    with pytest.raises(ValueError, match='holds no state_dict'):
        publish(path, tmp_path / 'out.pth')
