"""Logs that cannot be written stop the run.

The logging module prints a traceback for each line that it cannot write and
goes on; TensorBoard's writer does so in a thread of its own. Both hide from
the user what is wrong, until it is a checkpoint that cannot be written.
"""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aanet.utils.safe_saving import FULL_DISK, UnwritableFileError


@contextmanager
def raise_where_writing_fails() -> Iterator[None]:
    """Raise the errors of log files, and keep writers' threads quiet.

    TensorBoard raises the error of its thread again, in the main thread and
    at the next write.

    Yields:
        None: Within it, a log file that cannot be written raises
        :class:`~aanet.utils.safe_saving.UnwritableFileError`.
    """
    handler, hook = logging.FileHandler.handleError, threading.excepthook

    def excepthook(args: threading.ExceptHookArgs) -> None:
        if getattr(args.exc_value, 'errno', None) not in FULL_DISK:
            hook(args)

    file_handler: Any = logging.FileHandler
    file_handler.handleError = _raise
    threading.excepthook = excepthook
    try:
        yield
    finally:
        file_handler.handleError = handler
        threading.excepthook = hook


def _raise(handler: logging.FileHandler, record: logging.LogRecord) -> None:
    """Take the place of a log file's ``handleError``."""
    error = sys.exc_info()[1]
    if not isinstance(error, OSError):
        logging.Handler.handleError(handler, record)
        return
    raise UnwritableFileError(handler.baseFilename, error) from error
