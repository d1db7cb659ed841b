import numpy as np
import pytest
import torch

from tests.helpers.tools import run_tool, test_scores, write_tiny_config

BY_ITERATION = [
    '--cfg-options',
    'default_hooks.checkpoint.by_epoch=False',
    'default_hooks.checkpoint.interval=4',
]

KILLER = """
import os
import signal

from mmengine.hooks import Hook

from aanet.registry import HOOKS


@HOOKS.register_module()
class KillHook(Hook):
    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == int(os.environ['KILL_AT']):
            os.kill(os.getpid(), signal.SIGKILL)
"""

WITH_KILLER = """
custom_imports = dict(imports=['killer'])
custom_hooks = [*_base_.custom_hooks, dict(type='KillHook')]
"""


def weights(path):
    state = torch.load(path, weights_only=False)['state_dict']
    assert state
    return state


def assert_same_weights(one, other):
    assert one.keys() == other.keys()
    for key, value in one.items():
        assert torch.equal(value, other[key]), key


def test_train_logs_what_users_look_for(tiny_run):
    _, _, work_dir, log = tiny_run
    for key in (
        'eta:',
        'images_per_s:',
        'loss_cls:',
        'loss_triplet:',
        'loss_acd:',
        'loss_cam:',
        'acd_pairs:',
        'empty_crops:',
        'reid/mAP',
    ):
        assert key in log
    assert 'Failed to search registry' not in log
    assert (work_dir / 'epoch_2.pth').is_file()
    assert list(work_dir.glob('best_reid_mAP_epoch_*.pth'))
    assert list(work_dir.rglob('events.out.tfevents.*'))


def test_killed_and_resumed_run_has_the_same_weights(tiny_run, tmp_path):
    folder, config, _, _ = tiny_run
    (tmp_path / 'killer.py').write_text(KILLER, 'utf-8')
    killed = tmp_path / 'tiny.py'
    text = write_tiny_config(folder).read_text('utf-8')
    killed.write_text(text + WITH_KILLER, 'utf-8')
    environment = {'PYTHONPATH': str(tmp_path)}

    def train(config, name, *arguments, check=True, **extra):
        return run_tool(
            'tools/train.py',
            config,
            '--work-dir',
            tmp_path / name,
            *arguments,
            *BY_ITERATION,
            check=check,
            **environment,
            **extra,
        )

    train(config, 'whole')
    # Six iterations an epoch: 5 lies inside the first, 9 inside the second.
    for moment in ('5', '9'):
        done = train(killed, 'parts', '--resume', check=False, KILL_AT=moment)
        assert done.returncode == -9
    assert not list((tmp_path / 'parts').glob('iter_12.pth'))
    # Workers draw the same augmentation as the process itself.
    done = train(config, 'parts', '--resume', check=True, AANET_TRACEBACK='1')
    assert 'resumed epoch: 1, iter: 8' in done.stdout + done.stderr
    assert_same_weights(
        weights(tmp_path / 'whole' / 'iter_12.pth'),
        weights(tmp_path / 'parts' / 'iter_12.pth'),
    )


def test_test_tool_prints_saves_and_repeats(tiny_run, tmp_path):
    _, config, work_dir, _ = tiny_run
    out = tmp_path / 'features.npz'
    done = run_tool(
        'tools/test.py',
        config,
        work_dir / 'epoch_2.pth',
        '--work-dir',
        tmp_path,
        '--out',
        out,
    )
    printed = done.stdout + done.stderr
    for text in ('Rank-1', 'mAP (step)', 'mAP (trapezoid)', 'mINP', 'ms'):
        assert text in printed
    saved = np.load(out)
    assert saved['features'].shape[1] == 6 * 64
    assert np.linalg.norm(saved['features'], axis=1) == pytest.approx(
        1, abs=1e-5
    )
    assert set(saved['splits']) == {'query', 'gallery'}
    assert 0 <= test_scores(tmp_path)['reid/mAP'] <= 100


def test_two_processes_give_the_scores_of_one(tiny_run, tmp_path):
    _, config, work_dir, _ = tiny_run
    checkpoint = work_dir / 'epoch_2.pth'
    run_tool(
        'tools/test.py', config, checkpoint, '--work-dir', tmp_path / 'one'
    )
    run_tool(
        'tools/dist_test.sh',
        config,
        checkpoint,
        2,
        '--work-dir',
        tmp_path / 'two',
        MASTER_PORT='29611',
    )
    one = test_scores(tmp_path / 'one')
    two = test_scores(tmp_path / 'two')
    for key in ('reid/mAP', 'reid/Rank-1', 'reid/Rank-5', 'reid/mINP'):
        assert one[key] == two[key]


def test_two_processes_train(tiny_run, tmp_path):
    _, config, _, _ = tiny_run
    done = run_tool(
        'tools/dist_train.sh',
        config,
        2,
        '--work-dir',
        tmp_path,
        '--cfg-options',
        'model.head.loss_triplet.gather=True',
        MASTER_PORT='29612',
    )
    log = done.stdout + done.stderr
    # 36 images in batches of 6 on 2 ranks: 3 iterations an epoch.
    assert '[2][3/3]' in log
    assert (tmp_path / 'epoch_2.pth').is_file()


def test_mixed_precision_trains_on_a_cpu(tiny_run, tmp_path):
    _, config, _, _ = tiny_run
    done = run_tool('tools/train.py', config, '--amp', '--work-dir', tmp_path)
    assert 'BF16OptimWrapper' in done.stdout + done.stderr
    state = weights(tmp_path / 'epoch_2.pth')
    assert all(torch.isfinite(value).all() for value in state.values())
