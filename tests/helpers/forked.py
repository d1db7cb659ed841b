"""Run tools in real processes that need no time to start.

Each is forked from a server that has imported everything already, so that a
test can afford many of them, and kill them.
"""

import gc
import importlib
import multiprocessing
import os
import resource
import runpy
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import torch
import torch.distributed as dist
from mmengine.fileio import LocalBackend

from tests.helpers.tools import ROOT

_CONTEXT = multiprocessing.get_context('forkserver')
_CONTEXT.set_forkserver_preload(
    [
        'setuptools',
        'mmengine.runner',
        'mmpretrain.models',
        'mmpretrain.datasets',
        'torch.utils.tensorboard',
        'aanet.datasets',
        'aanet.engine',
        'aanet.evaluation',
        'aanet.models',
        'aanet.visualization',
        'tests.helpers.forked',
    ]
)


class Forked:
    """A function that runs in a process of its own.

    Args:
        function (Callable): The function.
        *arguments (object): Its arguments.
    """

    def __init__(self, function: Callable, *arguments: object) -> None:
        reader, writer = _CONTEXT.Pipe(duplex=False)
        self.process = _CONTEXT.Process(
            target=_call, args=(writer, function, arguments)
        )
        self.process.start()
        writer.close()
        self._printed = b''
        self._thread = threading.Thread(target=self._read, args=(reader,))
        self._thread.start()

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self.process.pid

    def is_alive(self) -> bool:
        """Whether it is still running."""
        return self.process.is_alive()

    def kill(self) -> int:
        """Send SIGKILL; the exit status, -9 unless it was over before."""
        self.process.kill()
        return self.wait()

    def wait(self, seconds: float = 120) -> int:
        """Its exit status; negative if a signal ended it."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        self._thread.join()
        return self.process.exitcode

    @property
    def printed(self) -> str:
        """What it has printed, of use once it is over."""
        return self._printed.decode(errors='replace')

    @property
    def error(self) -> str:
        """The one sentence of a tool that failed, which nothing mars."""
        assert self.wait() == 1, self.printed[-3000:]
        for noise in ('Traceback', 'Logging error', 'Exception ignored'):
            assert noise not in self.printed, self.printed[-3000:]
        assert self.printed.count('error: ') == 1, self.printed[-3000:]
        return self.printed[self.printed.index('error: ') :]

    def _read(self, reader: Connection) -> None:
        """Take what it prints, so that it never waits for a reader."""
        while chunk := os.read(reader.fileno(), 65536):
            self._printed += chunk
        reader.close()


def tool(
    *command: object, largest_file: int | None = None, slow_disk: bool = False
) -> Forked:
    """Start a command line tool.

    Args:
        *command (object): The tool and its arguments.
        largest_file (int | None): Bytes beyond which every write to a file
            fails, as on a full disk. Defaults to None.
        slow_disk (bool): Let each checkpoint take 30 ms, so that a kill can
            be timed to fall within. Defaults to False.
    """
    words = [str(word) for word in command]
    return Forked(_run_tool, words, largest_file, slow_disk)


def in_two_processes(function: Callable, folder: Path) -> list[Forked]:
    """Run ``function(rank)`` in two processes that form a gloo group.

    Args:
        function (Callable): Takes the rank.
        folder (Path): Where the processes may meet.
    """
    return [Forked(_run_rank, function, rank, folder) for rank in range(2)]


def limit_files(size: int) -> None:
    """From here on, writing beyond ``size`` bytes of a file fails."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


def _call(writer: Connection, function: Callable, arguments: tuple) -> None:
    for descriptor in (1, 2):
        os.dup2(writer.fileno(), descriptor)
    writer.close()
    gc.freeze()
    function(*arguments)


def _run_rank(function: Callable, rank: int, folder: Path) -> None:
    """Join the group and call the function."""
    torch.set_num_threads(1)
    dist.init_process_group(
        'gloo',
        init_method=f'file://{folder}/store',
        rank=rank,
        world_size=2,
        timeout=timedelta(seconds=60),
    )
    try:
        function(rank)
    finally:
        dist.destroy_process_group()


def _run_tool(
    command: list[str], largest_file: int | None, slow_disk: bool
) -> None:
    """Become the tool."""
    os.environ.pop('AANET_TRACEBACK', None)
    torch.set_num_threads(1)
    os.chdir(ROOT)
    if largest_file is not None:
        limit_files(largest_file)
    sys.argv = command
    if slow_disk:
        LocalBackend.put = _put_slowly
    # mmengine formats the config anew for each checkpoint: most of the time
    # that a tiny run takes. Its versions import the formatter here or there.
    for name in ('mmengine.config.config', 'yapf.yapflib.yapf_api'):
        module = importlib.import_module(name)
        module.FormatCode = lambda text, *_, **__: (text, True)
    runpy.run_path(str(ROOT / command[0]), run_name='__main__')


def _put_slowly(backend: LocalBackend, obj: bytes, filepath: Path) -> None:
    """Write a file in pieces."""
    with open(filepath, 'wb', buffering=0) as file:
        size = len(obj) // 30 + 1
        for start in range(0, len(obj), size):
            file.write(obj[start : start + size])
            time.sleep(0.001)
