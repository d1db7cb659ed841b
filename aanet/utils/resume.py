"""Which checkpoint a run goes on from."""

import re
from pathlib import Path


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
    numbered = [
        (path.stat().st_mtime_ns, str(path))
        for path in Path(work_dir).glob('*.pth')
        if re.fullmatch(r'(epoch|iter)_\d+', path.stem)
    ]
    return max(numbered)[1] if numbered else None
