"""Write files whole or not at all.

mmengine writes a checkpoint in place: killed half-way, it leaves a file that
no run can resume from. Here each write goes to a neighbor that then takes
the name.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Write a file beside its place, and move it there once it is whole.

    Args:
        path (Path): Where the file shall be.

    Yields:
        Path: Where to write it; it takes the name of ``path`` if the block
        ends without an error, and is removed otherwise.
    """
    # Hidden, so that no pattern for checkpoints finds it.
    partial = path.with_name(f'.{path.name}.{os.getpid()}.partial')
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


class AtomicLocalBackend(LocalBackend):
    """mmengine's backend of local files, with atomic writes."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes; the file is the old one or the new one.

        Args:
            obj (bytes): What to write.
            filepath (str | Path): Where to write it.

        Raises:
            OSError: If it cannot be written; what was there is left intact.
        """
        path = Path(filepath)
        try:
            with whole_file(path) as partial:
                super().put(obj, partial)
        except OSError as error:
            raise OSError(
                error.errno,
                f'{path} cannot be written ({error.strerror}); files written '
                'before are intact. Free some space or choose another '
                '--work-dir, then go on with --resume',
            ) from error

    def put_text(
        self, obj: str, filepath: str | Path, encoding: str = 'utf-8'
    ) -> None:
        """Write text; the file is the old one or the new one.

        Args:
            obj (str): What to write.
            filepath (str | Path): Where to write it.
            encoding (str): Its encoding. Defaults to 'utf-8'.

        Raises:
            OSError: If it cannot be written; what was there is left intact.
        """
        self.put(obj.encode(encoding), filepath)


def install_safe_saving() -> None:
    """Make mmengine write local files atomically."""
    register_backend('local', AtomicLocalBackend, force=True, prefixes='')
