"""Find and read the logs that mmengine leaves in a work folder."""

import json
from collections.abc import Sequence
from pathlib import Path

from aanet.utils.training_log import Entry, TrainingLog

_PLACES = (
    'scalars.json',
    'vis_data/scalars.json',
    '*/vis_data/scalars.json',
)
"""Where the logs of a folder may lie: one start's, then all of a run."""


def read_training_log(path: str | Path) -> TrainingLog:
    """Read the log of a run.

    Args:
        path (str | Path): Work folder of the run, folder of one of its
            starts, or a ``scalars.json``.

    Returns:
        TrainingLog: What counts of it.

    Raises:
        FileNotFoundError: If there is no log.
        ValueError: If the log is damaged, empty or of another kind.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(
            f'{path} does not exist: give the work folder of a run, or the '
            'vis_data/scalars.json of one of its starts.'
        )
    files = [path] if path.is_file() else find_logs(path)
    if not files:
        raise FileNotFoundError(
            f'{path} holds no training log (*/vis_data/scalars.json): give '
            'the work folder of a run.'
        )
    log = join_logs(files)
    if not log.keys:
        raise ValueError(
            f'{path}: nothing is logged yet; the first line comes after '
            'default_hooks.logger.interval iterations.'
        )
    return log


def find_logs(folder: Path) -> list[Path]:
    """Find the logs in a folder.

    Args:
        folder (Path): Of a run or one of its starts.

    Returns:
        list[Path]: One for each start, in the order of their names, which
        are times.
    """
    for place in _PLACES:
        files = sorted(folder.glob(place))
        if files:
            return files
    return []


def join_logs(files: Sequence[Path]) -> TrainingLog:
    """Join the logs of a run's starts.

    Args:
        files (Sequence[Path]): Logs, the oldest first.

    Returns:
        TrainingLog: What counts of them.

    Raises:
        ValueError: If a log is damaged or of another kind.
    """
    log = TrainingLog()
    for file in files:
        log.add_start(_entries(file))
    return log


def _entries(file: Path) -> list[Entry]:
    """The lines of one file."""
    lines = file.read_text('utf-8', errors='replace').splitlines()
    entries = []
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            # The last line of a run that was killed may have been cut.
            if number == len(lines) and line.startswith('{'):
                break
            raise ValueError(
                f'{file} is no training log, or damaged in line {number} '
                f'({error.msg}): give a scalars.json, or a work folder.'
            ) from error
        if not isinstance(entry, dict) or 'step' not in entry:
            raise ValueError(
                f"{file} is no training log: line {number} has no 'step'; "
                'give a scalars.json, or a work folder.'
            )
        entries.append(entry)
    return entries
