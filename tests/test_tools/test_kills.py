"""A run that is killed at any moment goes on as if nothing had happened."""

import random
import time
from pathlib import Path

import pytest
import torch

import aanet.registry  # noqa: F401  lists the harmless types
from aanet.utils.safe_loading import load_local_checkpoint
from tests.helpers.forked import Forked, tool
from tests.helpers.tools import write_tiny_config

SEED = 0
AT_ANY_TIME, IN_A_SAVE = 10, 10
LEAST_INSIDE = 4
"""Kills that must have left half a file; more follow until it is so."""

EPOCHS, ITERATIONS = 3, 18


@pytest.fixture(scope='module')
def config(tmp_path_factory):
    folder = tmp_path_factory.mktemp('kills')
    extra = f"""
default_hooks.update(checkpoint=dict(by_epoch=False, interval=1))
train_cfg.update(max_epochs={EPOCHS})
"""
    return write_tiny_config(folder, extra)


def train(config: Path, work_dir: Path) -> Forked:
    command = ('tools/train.py', config, '--work-dir', work_dir, '--resume')
    return tool(*command, slow_disk=True)


def partials(work_dir: Path) -> set[str]:
    return {path.name for path in work_dir.glob('.*.partial')}


def checkpoints(work_dir: Path) -> dict[str, dict]:
    """Every checkpoint there is; one that is not whole would not load."""
    return {
        path.name: load_local_checkpoint(str(path))
        for path in work_dir.glob('*.pth')
    }


def kill_after(run: Forked, seconds: float) -> int:
    time.sleep(seconds)
    return run.kill()


def kill_in_a_save(
    run: Forked, work_dir: Path, number: int, delay: float
) -> int:
    """Kill it a moment after it has begun to write for the n-th time."""
    before = partials(work_dir)
    seen: set[str] = set()
    while run.is_alive() and len(seen) <= number:
        seen |= partials(work_dir) - before
        time.sleep(0.002)
    return kill_after(run, delay)


def assert_same(one: object, other: object, where: str) -> None:
    """Equal to the bit, all the way down."""
    assert type(one) is type(other), where
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), where
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key, value in one.items():
            assert_same(value, other[key], f'{where}.{key}')
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), where
        for index, value in enumerate(one):
            assert_same(value, other[index], f'{where}.{index}')
    else:
        assert one == other, where


def assert_ended_alike(work_dir: Path, whole: Path) -> None:
    """The same files, with the same weights and optimizers in them."""
    assert not partials(work_dir)
    ours, theirs = checkpoints(work_dir), checkpoints(whole)
    assert f'iter_{ITERATIONS}.pth' in ours
    assert ours.keys() == theirs.keys()
    for name, checkpoint in ours.items():
        for part in ('state_dict', 'optimizer', 'param_schedulers'):
            assert_same(
                checkpoint.get(part),
                theirs[name].get(part),
                f'{work_dir.name}/{name}: {part}',
            )


def start_server() -> None:
    """Pay for the imports before time is taken."""
    assert Forked(print).wait() == 0


def test_twenty_kills_change_nothing(config, tmp_path):
    start_server()
    whole = tmp_path / 'whole'
    start = time.perf_counter()
    run = train(config, whole)
    assert run.wait() == 0, run.printed[-3000:]
    duration = time.perf_counter() - start
    rng = random.Random(SEED)
    moments = ['any'] * AT_ANY_TIME + ['save'] * IN_A_SAVE
    rng.shuffle(moments)
    killed, inside, rounds = 0, 0, 0
    while killed < len(moments):
        rounds += 1
        work_dir = tmp_path / f'round_{rounds}'
        status = -9
        while status == -9 and killed < len(moments):
            before = partials(work_dir)
            run = train(config, work_dir)
            if moments[killed] == 'any':
                status = kill_after(run, rng.uniform(0, 0.6 * duration))
            else:
                number, delay = rng.randrange(3), rng.uniform(0, 0.04)
                status = kill_in_a_save(run, work_dir, number, delay)
            # Whatever it has read to go on from was whole.
            assert status in (0, -9), run.printed[-3000:]
            killed += status == -9
            checkpoints(work_dir)
            left = partials(work_dir)
            assert len(left) <= 1
            inside += bool(left - before)
            if killed == len(moments) and inside < LEAST_INSIDE:
                assert killed < 2 * (AT_ANY_TIME + IN_A_SAVE), inside
                moments.append('save')
        if status == -9:
            run = train(config, work_dir)
            assert run.wait() == 0, run.printed[-3000:]
        assert_ended_alike(work_dir, whole)
    assert inside >= LEAST_INSIDE
