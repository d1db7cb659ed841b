"""A log that cannot be written stops the run; threads do not chatter."""

import errno
import logging
import threading

import pytest

from aanet.utils.failing_writers import raise_where_writing_fails
from aanet.utils.safe_saving import UnwritableFileError


@pytest.fixture
def logger():
    """A logger whose file is always full."""
    handler = logging.FileHandler('/dev/full')
    logger = logging.Logger('full')
    logger.addHandler(handler)
    yield logger
    # Its buffer holds what could not be written.
    with pytest.raises(OSError, match='No space left'):
        handler.close()


def test_a_full_log_file_is_named(logger):
    with (
        raise_where_writing_fails(),
        pytest.raises(UnwritableFileError) as caught,
    ):
        logger.info('hello')
    assert str(caught.value).startswith('/dev/full cannot be written (No spa')
    assert caught.value.errno == errno.ENOSPC


def test_elsewhere_logging_goes_on_as_usual(logger, capsys):
    with raise_where_writing_fails():
        pass
    logger.info('hello')
    assert '--- Logging error ---' in capsys.readouterr().err


def test_other_mistakes_in_logging_are_no_matter_of_the_disk(tmp_path, capsys):
    handler = logging.FileHandler(tmp_path / 'log')
    logger = logging.Logger('own')
    logger.addHandler(handler)
    with raise_where_writing_fails():
        logger.info('%d', 'no number')
    handler.close()
    assert '--- Logging error ---' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('error', 'quiet'),
    [
        (OSError(errno.ENOSPC, 'No space left on device'), True),
        (OSError(errno.ENOENT, 'No such file'), False),
        (RuntimeError('a bug'), False),
    ],
)
def test_threads_are_quiet_about_the_disk_only(monkeypatch, error, quiet):
    heard = []
    monkeypatch.setattr(threading, 'excepthook', heard.append)

    def fail():
        raise error

    with raise_where_writing_fails():
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    assert [args.exc_value for args in heard] == ([] if quiet else [error])
    assert threading.excepthook == heard.append
