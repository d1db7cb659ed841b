"""Write files whole or not at all.

mmengine writes a checkpoint in place: killed half-way, it leaves a file that
no run can resume from. Here each write goes to a neighbor that then takes
the name.
"""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""Errors of the system that only writing meets."""


class UnwritableFileError(OSError):
    """A file cannot be written, in a sentence that says what to do.

    Args:
        what (str): The file.
        reason (OSError): What the system said.
    """

    def __init__(self, what: str, reason: OSError) -> None:
        self.sentence = (
            f'{what} cannot be written ({reason.strerror or reason}), but '
            'every file written before is intact: make room, or choose '
            'another place (--work-dir for a run), and go on; a training '
            'goes on with --resume.'
        )
        super().__init__(reason.errno, self.sentence)

    def __str__(self) -> str:
        return self.sentence


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Write a file beside its place, and move it there once it is whole.

    Args:
        path (Path): Where the file shall be.

    Yields:
        Path: Where to write it; it takes the name of ``path`` if the block
        ends without an error, and is removed otherwise.

    Raises:
        UnwritableFileError: If it cannot be written; what was there is left
            intact.
    """
    # Hidden, so that no pattern for checkpoints finds it.
    partial = path.with_name(f'.{path.name}.{os.getpid()}.partial')
    try:
        yield partial
        _reach_the_disk(partial)
        os.replace(partial, path)
    except UnwritableFileError:
        raise
    except OSError as error:
        raise UnwritableFileError(str(path), error) from error
    finally:
        # A read-only file system refuses even to remove what is not there.
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _reach_the_disk(path: Path) -> None:
    """Wait for a file's content, so that its name never precedes it.

    Some file systems tell only now that they are full, and some keep the
    new name but not the content when the machine loses power.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path) -> list[Path]:
    """Remove what processes that were killed while writing have left.

    Args:
        folder (Path): Where to look; not below it. This process must not be
            writing to it.

    Returns:
        list[Path]: The files removed.
    """
    removed = []
    for path in sorted(folder.glob('.*.partial')):
        match = re.search(r'\.(\d+)\.partial$', path.name)
        if match and not _writes_on(int(match[1])):
            path.unlink(missing_ok=True)
            removed.append(path)
    return removed


def _writes_on(pid: int) -> bool:
    """Whether another process of this number is alive."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


class AtomicLocalBackend(LocalBackend):
    """mmengine's backend of local files, with atomic writes."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes; the file is the old one or the new one.

        Args:
            obj (bytes): What to write.
            filepath (str | Path): Where to write it.

        Raises:
            UnwritableFileError: If it cannot be written; what was there is
                left intact.
        """
        with whole_file(Path(filepath)) as partial:
            super().put(obj, partial)

    def put_text(
        self, obj: str, filepath: str | Path, encoding: str = 'utf-8'
    ) -> None:
        """Write text; the file is the old one or the new one.

        Args:
            obj (str): What to write.
            filepath (str | Path): Where to write it.
            encoding (str): Its encoding. Defaults to 'utf-8'.

        Raises:
            UnwritableFileError: If it cannot be written; what was there is
                left intact.
        """
        self.put(obj.encode(encoding), filepath)


def install_safe_saving() -> None:
    """Make mmengine write local files atomically."""
    register_backend('local', AtomicLocalBackend, force=True, prefixes='')
