"""What the command line tools share."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.config import Config, DictAction

from aanet.utils.config_options import check_options
from aanet.utils.distributed import prepare_cpu_launch
from aanet.utils.failing_writers import raise_where_writing_fails
from aanet.utils.safe_saving import FULL_DISK, UnwritableFileError

TRACEBACK_VARIABLE = 'AANET_TRACEBACK'
"""Set this environment variable to 1 to see where an error came from."""


@contextmanager
def clear_errors() -> Iterator[None]:
    """Print a user's error as one sentence and exit with status 1.

    Raises:
        SystemExit: In place of a ValueError, an OSError or an
            ImportError, unless ``AANET_TRACEBACK=1`` is set.
    """
    try:
        with raise_where_writing_fails():
            yield
    except (ValueError, OSError, ImportError) as error:
        if os.environ.get(TRACEBACK_VARIABLE) == '1':
            raise
        print(
            f'error: {_sentence(error)}\n({TRACEBACK_VARIABLE}=1 shows where '
            'it came from)',
            file=sys.stderr,
        )
        raise SystemExit(1) from error


def _sentence(error: Exception) -> str:
    """What went wrong, in words for the user."""
    if isinstance(error, OSError) and error.errno in FULL_DISK:
        if isinstance(error, UnwritableFileError):
            return str(error)
        # A failing write, unlike a failing open, does not know its file.
        what = error.filename or 'a log, a config or another file of the run'
        return str(UnwritableFileError(str(what), error))
    message = str(error).strip()
    # A data loader's worker wraps the message in its own traceback.
    if message.startswith('Caught '):
        message = message.splitlines()[-1].partition(': ')[2]
    return message


def make_work_dir(path: str) -> None:
    """Make a run's folder, and make sure that files can be written there.

    Args:
        path (str): The folder.

    Raises:
        UnwritableFileError: If that is not so.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b'0')
    except OSError as error:
        raise UnwritableFileError(f'work folder {path}', error) from error


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of every tool that runs a config.

    Args:
        parser (argparse.ArgumentParser): The tool's parser.
    """
    parser.add_argument(
        '--work-dir',
        help='folder of logs and checkpoints (default: work_dirs/CONFIG)',
    )
    add_options_argument(parser)
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='how the processes were launched (default: none)',
    )
    # torchrun sets the variable, older launchers pass the argument.
    parser.add_argument(
        '--local_rank',
        '--local-rank',
        type=int,
        default=0,
        help=argparse.SUPPRESS,
    )


def add_options_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--cfg-options``.

    Args:
        parser (argparse.ArgumentParser): The tool's parser.
    """
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        default={},
        metavar='KEY=VALUE',
        help='override keys of the config, e.g. train_cfg.max_epochs=10 '
        'model.backbone.attention_blocks="(0,0,0,3)"',
    )


def load_config(path: str, options: dict | None = None) -> Config:
    """Read a config and apply overrides.

    Args:
        path (str): Path of the config.
        options (dict | None): Dotted keys and their values. Defaults to
            None.

    Returns:
        Config: The config.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If nothing reads a key of ``options``.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(
            f'config {path} does not exist: see configs/ for those there are.'
        )
    cfg = Config.fromfile(path)
    if options:
        check_options(cfg, options)
        cfg.merge_from_dict(options)
    return cfg


def config_from_arguments(args: argparse.Namespace) -> Config:
    """Config of a tool, ready for the Runner.

    Args:
        args (argparse.Namespace): Parsed arguments with ``config`` and those
            of :func:`add_config_arguments`.

    Returns:
        Config: With overrides, work folder and launcher set.
    """
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = load_config(args.config, args.cfg_options)
    cfg.launcher = args.launcher
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs') / Path(args.config).stem)
    prepare_cpu_launch(cfg)
    return cfg
