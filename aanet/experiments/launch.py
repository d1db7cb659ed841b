"""Train and test a run in processes of their own."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aanet.experiments.jobs import Job
from aanet.experiments.results import load_result, write_result
from aanet.utils.resume import latest_checkpoint
from aanet.utils.safe_saving import whole_file

LOG = 'run.log'


@dataclass(frozen=True)
class Launcher:
    """How the tools are started.

    Attributes:
        kind (str): ``'none'``, ``'pytorch'`` or ``'slurm'``. Defaults to
            ``'none'``.
        processes (int): Number of GPUs, or of CPU processes. Defaults to 1.
        partition (str): Partition of slurm. Defaults to ''.
        threads (int): Threads of each process on a CPU; 0 leaves them
            alone. Defaults to 0.
    """

    kind: str = 'none'
    processes: int = 1
    partition: str = ''
    threads: int = 0

    def command(self, tool: str, *arguments: str) -> list[str]:
        """What a user would type.

        Args:
            tool (str): ``'train'`` or ``'test'``.
            *arguments (str): Config, checkpoint if any, and options.

        Returns:
            list[str]: The command.
        """
        places = 1 if tool == 'train' else 2
        files, options = arguments[:places], arguments[places:]
        if self.kind == 'pytorch':
            script = f'tools/dist_{tool}.sh'
            return ['bash', script, *files, str(self.processes), *options]
        if self.kind == 'slurm':
            script = f'tools/slurm_{tool}.sh'
            return ['bash', script, self.partition, 'aanet', *arguments]
        return [sys.executable, f'tools/{tool}.py', *arguments]

    def environment(self) -> dict[str, str]:
        """Environment of the command."""
        environment = dict(os.environ)
        if self.kind == 'slurm':
            environment['GPUS'] = str(self.processes)
            environment.setdefault(
                'GPUS_PER_NODE', str(min(self.processes, 8))
            )
        if self.threads:
            environment.setdefault('OMP_NUM_THREADS', str(self.threads))
        return environment


def finish(job: Job, launcher: Launcher, keep_checkpoint: bool = True) -> str:
    """Bring a run to its end, from wherever it stands.

    Args:
        job (Job): The run.
        launcher (Launcher): How to start the tools.
        keep_checkpoint (bool): Whether the last checkpoint stays. Defaults
            to True.

    Returns:
        str: ``'kept'`` if there was a result, ``'done'``, or ``'busy'`` if
        another process works on the run.

    Raises:
        RuntimeError: If training or test failed; the message has the end of
            their log.
    """
    if load_result(job.folder) is not None:
        return 'kept'
    job.folder.mkdir(parents=True, exist_ok=True)
    with _lock(job.folder / '.lock') as lock:
        if lock is None:
            return 'busy'
        _train_and_test(job, launcher, lock)
        write_result(job, launcher.processes)
    if not keep_checkpoint:
        for path in job.folder.glob('*.pth'):
            path.unlink()
    return 'done'


@contextmanager
def _lock(path: Path) -> Iterator[int | None]:
    """Hold a run for this process and for those that inherit the lock.

    A training process outlives a parent that was killed; it then still
    holds the run, and a second start leaves it alone.

    Args:
        path (Path): File that stands for the run.

    Yields:
        int | None: The lock's file descriptor, None if another process
        holds it.
    """
    with path.open('w') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield file.fileno()


def _train_and_test(job: Job, launcher: Launcher, lock: int) -> None:
    """What a user would do with the config of the run."""
    config = job.folder / 'config.py'
    with whole_file(config) as partial:
        partial.write_text(job.cfg.pretty_text, 'utf-8')

    def run(tool: str, *arguments: str) -> None:
        _run(launcher.command(tool, *arguments), launcher, job.folder, lock)

    run('train', str(config), '--work-dir', str(job.folder), '--resume')
    checkpoint = latest_checkpoint(job.folder)
    assert checkpoint is not None
    test_folder = str(job.folder / 'test')
    run('test', str(config), checkpoint, '--work-dir', test_folder)


def _run(
    command: list[str], launcher: Launcher, folder: Path, lock: int
) -> None:
    """Run a command, its output appended to the run's log."""
    log = folder / LOG
    with log.open('a', encoding='utf-8') as output:
        status = subprocess.run(
            command,
            env=launcher.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[lock],
            check=False,
        ).returncode
    if status:
        raise RuntimeError(
            f'{" ".join(command[:2])} ended with status {status}: '
            f'{_last_error(log)} (the whole log: {log})'
        )


def _last_error(log: Path) -> str:
    """The line of a log that most likely says what went wrong."""
    lines = log.read_text('utf-8', errors='replace').splitlines()
    errors = [line for line in lines if 'error' in line.lower()]
    return (errors or lines or ['no output'])[-1].strip()
