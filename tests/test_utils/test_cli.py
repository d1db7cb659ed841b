"""What the command line tools share."""

import argparse
import errno
import os
from pathlib import Path

import pytest
from torch.utils.data import DataLoader, Dataset

from aanet.utils.cli import (
    TRACEBACK_VARIABLE,
    add_config_arguments,
    clear_errors,
    config_from_arguments,
    load_config,
    make_work_dir,
)
from aanet.utils.safe_saving import UnwritableFileError

CONFIG = 'configs/aanet/aanet_r50_market.py'


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.delenv(TRACEBACK_VARIABLE, raising=False)
    monkeypatch.setenv('LOCAL_RANK', '0')


def parse(*arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument('config')
    add_config_arguments(parser)
    return parser.parse_args(arguments)


@pytest.mark.parametrize(
    'error',
    [
        ValueError('batch_size is 3'),
        FileNotFoundError('no folder data/'),
        ImportError('aanet needs mmengine'),
    ],
)
def test_a_user_s_error_is_one_sentence_and_status_one(error, capsys):
    with pytest.raises(SystemExit) as caught, clear_errors():
        raise error
    assert caught.value.code == 1
    out, err = capsys.readouterr()
    assert out == ''
    assert err.startswith(f'error: {error}\n')
    assert f'{TRACEBACK_VARIABLE}=1' in err
    assert 'Traceback' not in err


@pytest.mark.parametrize(
    ('error', 'what'),
    [
        (OSError(errno.ENOSPC, 'full'), 'a log, a config or another file'),
        (OSError(errno.EROFS, 'full', '/a/b'), '/a/b'),
        (UnwritableFileError('/a/b', OSError(errno.EIO, 'full')), '/a/b'),
    ],
)
def test_a_full_disk_is_one_sentence(error, what, capsys):
    with pytest.raises(SystemExit), clear_errors():
        raise error
    sentence, _ = capsys.readouterr().err.splitlines()
    assert sentence.startswith(f'error: {what}')
    assert 'cannot be written (full), but every file' in sentence
    assert sentence.endswith('--resume.')


def test_other_errors_of_the_system_say_what_they_say(capsys):
    with pytest.raises(SystemExit), clear_errors():
        Path('/nowhere/at/all').read_text()
    err = capsys.readouterr().err
    assert err.startswith("error: [Errno 2] No such file or directory: '/no")


def test_a_work_folder_is_made(tmp_path):
    make_work_dir(str(tmp_path / 'a' / 'b'))
    make_work_dir(str(tmp_path / 'a' / 'b'))
    assert (tmp_path / 'a' / 'b').is_dir()
    assert not list((tmp_path / 'a' / 'b').iterdir())


def test_a_work_folder_that_cannot_be(tmp_path):
    (tmp_path / 'file').touch()
    for path in (tmp_path / 'file', tmp_path / 'file' / 'b'):
        with pytest.raises(UnwritableFileError, match=f'work folder {path}'):
            make_work_dir(str(path))


def test_the_traceback_is_there_on_demand(monkeypatch):
    monkeypatch.setenv(TRACEBACK_VARIABLE, '1')
    with pytest.raises(ValueError, match='batch_size'), clear_errors():
        raise ValueError('batch_size is 3')


@pytest.mark.parametrize('error', [RuntimeError('bug'), AssertionError('bug')])
def test_bugs_keep_their_traceback(error):
    with pytest.raises(type(error), match='bug'), clear_errors():
        raise error


def test_success_passes():
    with clear_errors():
        pass


class Broken(Dataset):
    """Its pictures cannot be read."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        raise ValueError('0001_c1.jpg cannot be read: it is damaged.')


def test_an_error_of_a_worker_is_unwrapped(capsys):
    loader = DataLoader(Broken(), num_workers=1)
    with pytest.raises(SystemExit), clear_errors():
        next(iter(loader))
    err = capsys.readouterr().err
    assert err.startswith('error: 0001_c1.jpg cannot be read: it is damaged.')


def test_a_missing_config_is_told():
    with pytest.raises(FileNotFoundError, match=r'config no\.py .*configs/'):
        load_config('no.py')


def test_options_are_merged():
    cfg = load_config(CONFIG, {'train_cfg.max_epochs': 3})
    assert cfg.train_cfg.max_epochs == 3
    assert cfg.train_cfg.val_interval == 10


def test_options_are_checked_before():
    with pytest.raises(ValueError, match=r"'train_cfg\.max_epoch'"):
        load_config(CONFIG, {'train_cfg.max_epoch': 3})


def test_types_of_options_are_those_of_python():
    args = parse(
        CONFIG,
        '--cfg-options',
        'model.backbone.attention_blocks=(0,0,0,3)',
        'train_cfg.max_epochs=3',
        'model.neck=None',
        'optim_wrapper.optimizer.lr=0.05',
    )
    cfg = config_from_arguments(args)
    assert tuple(cfg.model.backbone.attention_blocks) == (0, 0, 0, 3)
    assert cfg.train_cfg.max_epochs == 3
    assert cfg.model.neck is None
    assert cfg.optim_wrapper.optimizer.lr == 0.05


def test_work_folder_is_named_after_the_config():
    cfg = config_from_arguments(parse(CONFIG))
    assert Path(cfg.work_dir) == Path('work_dirs/aanet_r50_market')
    assert cfg.launcher == 'none'


def test_work_folder_of_the_command_line_wins(tmp_path):
    path = tmp_path / 'own.py'
    path.write_text("work_dir = 'mine'\n")
    assert config_from_arguments(parse(str(path))).work_dir == 'mine'
    args = parse(str(path), '--work-dir', 'yours')
    assert config_from_arguments(args).work_dir == 'yours'


@pytest.mark.parametrize('spelling', ['--local_rank=3', '--local-rank=3'])
def test_local_rank_of_older_launchers_is_taken(monkeypatch, spelling):
    monkeypatch.delenv('LOCAL_RANK')
    config_from_arguments(parse(CONFIG, spelling))
    assert os.environ['LOCAL_RANK'] == '3'


def test_local_rank_of_torchrun_wins(monkeypatch):
    monkeypatch.setenv('LOCAL_RANK', '5')
    config_from_arguments(parse(CONFIG))
    assert os.environ['LOCAL_RANK'] == '5'


def test_unknown_launcher_is_refused(capsys):
    with pytest.raises(SystemExit):
        parse(CONFIG, '--launcher', 'ssh')
    assert 'invalid choice' in capsys.readouterr().err
