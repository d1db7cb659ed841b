"""Which checkpoint a run goes on from."""

import re
from pathlib import Path

import torch

from aanet.utils.safe_loading import load_local_checkpoint


def latest_checkpoint(work_dir: str | Path) -> str | None:
    """The last checkpoint of a run.

    mmengine notes it in ``last_checkpoint``. A run that died may have left
    that note empty, or naming a file since removed; the checkpoint written
    last is then the one.

    Args:
        work_dir (str | Path): Folder of the run.

    Returns:
        str | None: Path of the checkpoint, or None if there is none.
    """
    note = Path(work_dir) / 'last_checkpoint'
    if note.is_file():
        named = note.read_text('utf-8').strip()
        if named and Path(named).is_file():
            return named
    numbered = _newest_first(work_dir)
    return numbered[0] if numbered else None


def latest_finite_checkpoint(work_dir: str | Path) -> str | None:
    """The last checkpoint of a run that holds no NaN and no infinity.

    A step may spoil the weights before the loss tells, so that the last
    checkpoint of a run that diverged need not be a good one. All are read.

    Args:
        work_dir (str | Path): Folder of the run.

    Returns:
        str | None: Path of the checkpoint, or None if there is none.
    """
    for path in _newest_first(work_dir):
        weights = load_local_checkpoint(path, 'cpu').get('state_dict', {})
        if all(torch.isfinite(value).all() for value in weights.values()):
            return path
    return None


def _newest_first(work_dir: str | Path) -> list[str]:
    """Checkpoints that a run can be resumed from."""
    numbered = [
        (path.stat().st_mtime_ns, str(path))
        for path in Path(work_dir).glob('*.pth')
        if re.fullmatch(r'(epoch|iter)_\d+', path.stem)
    ]
    return [path for _, path in sorted(numbered, reverse=True)]
