"""What remains of a finished run: one small JSON file."""

import json
import os
import platform
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch
from mmengine.utils import get_git_hash

from aanet.experiments.jobs import Job
from aanet.utils.dependencies import SUPPORTED, installed_version
from aanet.utils.log_reading import find_logs, join_logs
from aanet.utils.safe_saving import whole_file
from aanet.version import __version__

RESULT = 'result.json'


def load_result(folder: Path) -> dict[str, Any] | None:
    """Result of a run.

    Args:
        folder (Path): The run's folder.

    Returns:
        dict[str, Any] | None: The result, None if the run is not finished.

    Raises:
        ValueError: If the file is damaged.
    """
    path = folder / RESULT
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text('utf-8'))
    except json.JSONDecodeError as error:
        raise ValueError(
            f'{path} is damaged ({error}): remove it, and the run is tested '
            'again.'
        ) from error


def write_result(job: Job, processes: int) -> dict[str, Any]:
    """Gather what training and test have logged, and keep it.

    Args:
        job (Job): A run that was trained and tested.
        processes (int): How many processes it had.

    Returns:
        dict[str, Any]: The result.
    """
    logged = _test_log(job.folder / 'test')
    scores = {
        key.removeprefix('reid/'): value
        for key, value in logged.items()
        if key.startswith('reid/')
    }
    training = join_logs(find_logs(job.folder))
    result = {
        'row': job.row.name,
        'config': job.row.config,
        'override': job.row.override,
        'dataset': job.dataset,
        'seed': job.seed,
        'scores': scores,
        'iterations': training.end_of_epoch(training.iterations),
        'train_seconds': training.seconds,
        'extraction_ms': logged.get('extraction_ms'),
        'versions': _versions(),
        'machine': {**_machine(), 'processes': processes},
        'finished': datetime.now(timezone.utc).isoformat(timespec='seconds'),
    }
    with whole_file(job.folder / RESULT) as partial:
        partial.write_text(json.dumps(result, indent=2) + '\n', 'utf-8')
    return result


def _test_log(folder: Path) -> dict[str, Any]:
    """What the newest test has logged."""
    newest = max(folder.glob('*/*.json'))
    return json.loads(newest.read_text('utf-8'))


def _versions() -> dict[str, str | None]:
    """Versions that the result was made with."""
    return {
        'aanet': __version__,
        'git': get_git_hash(digits=7),
        'python': platform.python_version(),
        'torch': torch.__version__,
        **{name: installed_version(name) for name in SUPPORTED},
    }


def _machine() -> dict[str, Any]:
    """Machine that the result was made on."""
    return {
        'device': torch.cuda.get_device_name()
        if torch.cuda.is_available()
        else 'cpu',
        'cpu': _cpu_name(),
        'cores': os.cpu_count(),
    }


def _cpu_name() -> str:
    """Name of the processor, as far as the system tells."""
    info = Path('/proc/cpuinfo')
    if info.is_file():
        for line in info.read_text('utf-8').splitlines():
            if line.startswith('model name'):
                return line.partition(':')[2].strip()
    return platform.processor() or platform.machine()
