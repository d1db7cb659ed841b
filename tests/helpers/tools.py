"""Run the command line tools on a tiny drawn set."""

import json
import logging
import os
import runpy
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

TINY_CONFIG = """
_base_ = '{root}/configs/aanet/aanet_r18_toy.py'

model = dict(
    backbone=dict(base_channels=8, stem_channels=8),
    neck=dict(num_classes=6, in_channels=64),
    head=dict(num_classes=6, in_channels=64, part_channels=16),
)
data = dict(
    data_root='{data}', train_ids=6, test_ids=6, images_per_id=6
)
train_dataloader = dict(
    batch_size=6,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(num_ids=3, num_instances=2),
    dataset=data,
)
test_dataloader = dict(
    num_workers=0, persistent_workers=False, dataset=data
)
val_dataloader = test_dataloader
train_cfg = dict(max_epochs=2, val_interval=2)
default_hooks = dict(logger=dict(interval=1))
"""


def write_tiny_config(folder: Path, extra: str = '') -> Path:
    """A config that trains in seconds; ``extra`` is appended."""
    path = folder / 'tiny.py'
    text = TINY_CONFIG.format(root=ROOT, data=folder / 'toy')
    path.write_text(text + extra, 'utf-8')
    return path


def run_tool(*command, check=True, **environment):
    """Run a tool in a process of its own, with one thread."""
    env = os.environ | {
        'OMP_NUM_THREADS': '1',
        'PATH': f'{Path(sys.executable).parent}:{os.environ["PATH"]}',
        **environment,
    }
    first = str(command[0])
    runner = ['bash'] if first.endswith('.sh') else [sys.executable]
    done = subprocess.run(
        [*runner, *map(str, command)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if check:
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


def run_inside(monkeypatch, capsys, tool, *arguments):
    """Run a tool in this process; its exit status and what it printed."""
    monkeypatch.setattr(sys, 'argv', [tool, *map(str, arguments)])
    monkeypatch.delenv('AANET_TRACEBACK', raising=False)
    # Loggers of earlier runs in this process hold streams long closed.
    monkeypatch.setattr(logging, 'raiseExceptions', False)
    status = 0
    try:
        runpy.run_path(str(ROOT / tool), run_name='__main__')
    except SystemExit as stop:
        status = stop.code
    return status, capsys.readouterr()


def test_scores(work_dir: Path) -> dict:
    """Scores that the newest test in a work folder has logged."""
    files = sorted(Path(work_dir).glob('*/*.json'))
    return json.loads(files[-1].read_text('utf-8'))


test_scores.__test__ = False
