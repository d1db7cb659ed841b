"""Runs are started as a user would, once, and nothing finished is redone."""

import fcntl
import json
import sys
from dataclasses import dataclass

import pytest

from aanet.experiments import Launcher, load_result
from aanet.experiments.launch import finish

TOOL = """
import json, os, sys
from pathlib import Path

tool, *arguments = sys.argv[1:]
folder = Path(arguments[arguments.index('--work-dir') + 1])
print(tool, *arguments, 'threads', os.environ.get('OMP_NUM_THREADS'))
if {fail!r} == tool:
    sys.exit('error: out of memory')
if tool == 'train':
    assert '--resume' in arguments
    log = folder / 'now' / 'vis_data' / 'scalars.json'
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(json.dumps(dict(lr=1, time=2.0, step=5)))
    (folder / 'epoch_1.pth').touch()
else:
    assert Path(arguments[1]).name == 'epoch_1.pth'
    log = folder / 'now' / 'now.json'
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(json.dumps({{'reid/mAP': 12.0, 'reid/Rank-1': 34.0}}))
"""


@dataclass(frozen=True)
class Stub(Launcher):
    """Runs a script in place of the tools."""

    script: str = ''

    def command(self, tool, *arguments):
        return [sys.executable, self.script, tool, *arguments]


@pytest.fixture
def stub(tmp_path):
    def make(fail='', **kwargs):
        path = tmp_path / 'tool.py'
        path.write_text(TOOL.format(fail=fail), 'utf-8')
        return Stub(script=str(path), **kwargs)

    return make


def test_trains_tests_and_keeps_the_result(jobs, stub, monkeypatch):
    monkeypatch.delenv('OMP_NUM_THREADS', raising=False)
    job = jobs[0]
    assert finish(job, stub(threads=1)) == 'done'
    result = load_result(job.folder)
    assert result['scores'] == {'mAP': 12.0, 'Rank-1': 34.0}
    assert result['train_seconds'] == 10.0
    config = (job.folder / 'config.py').read_text('utf-8')
    assert 'seed=3' in config
    train, test = (job.folder / 'run.log').read_text('utf-8').splitlines()
    assert train.startswith(f'train {job.folder}/config.py')
    assert test.startswith('test')
    assert train.endswith('threads 1')
    assert (job.folder / 'epoch_1.pth').exists()


def test_the_users_number_of_threads_stays(jobs, stub, monkeypatch):
    monkeypatch.setenv('OMP_NUM_THREADS', '7')
    finish(jobs[0], stub(threads=1))
    log = (jobs[0].folder / 'run.log').read_text('utf-8')
    assert log.splitlines()[0].endswith('threads 7')


def test_a_finished_run_is_not_touched(jobs, stub):
    finish(jobs[0], stub())
    log = (jobs[0].folder / 'run.log').read_text('utf-8')
    assert finish(jobs[0], stub(fail='train')) == 'kept'
    assert (jobs[0].folder / 'run.log').read_text('utf-8') == log


def test_checkpoint_can_go_once_the_result_is_there(jobs, stub):
    finish(jobs[0], stub(), keep_checkpoint=False)
    assert not list(jobs[0].folder.glob('*.pth'))
    assert load_result(jobs[0].folder)


@pytest.mark.parametrize('tool', ['train', 'test'])
def test_failure_is_told_and_can_be_repeated(jobs, stub, tool):
    message = r'ended with status 1: error: out of memory .*run\.log'
    with pytest.raises(RuntimeError, match=message):
        finish(jobs[0], stub(fail=tool))
    assert load_result(jobs[0].folder) is None
    assert finish(jobs[0], stub()) == 'done'


def test_a_run_under_way_elsewhere_is_left_alone(jobs, stub):
    folder = jobs[0].folder
    folder.mkdir(parents=True)
    with (folder / '.lock').open('w') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert finish(jobs[0], stub()) == 'busy'
        assert not (folder / 'run.log').exists()
    assert finish(jobs[0], stub()) == 'done'


def test_a_process_that_outlives_its_parent_holds_the_run(jobs, stub):
    """The tool inherits the lock: it sees its own file as locked."""
    launcher = stub()
    script = (
        'import fcntl, sys\n'
        f"file = open({str(jobs[0].folder / '.lock')!r}, 'w')\n"
        'try:\n'
        '    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)\n'
        'except BlockingIOError:\n'
        "    sys.exit('error: held by ' + str(len(sys.argv)))\n"
    )
    with open(launcher.script, 'w') as file:
        file.write(script)
    with pytest.raises(RuntimeError, match='held by'):
        finish(jobs[0], launcher)


class TestCommand:
    def test_plain(self):
        command = Launcher().command('train', 'c.py', '--resume')
        assert command == [
            sys.executable,
            'tools/train.py',
            'c.py',
            '--resume',
        ]

    def test_torchrun(self):
        launcher = Launcher('pytorch', 8)
        assert launcher.command('train', 'c.py', '--resume') == [
            'bash',
            'tools/dist_train.sh',
            'c.py',
            '8',
            '--resume',
        ]
        assert launcher.command('test', 'c.py', 'a.pth', '--x') == [
            'bash',
            'tools/dist_test.sh',
            'c.py',
            'a.pth',
            '8',
            '--x',
        ]

    def test_slurm(self, monkeypatch):
        monkeypatch.delenv('GPUS_PER_NODE', raising=False)
        launcher = Launcher('slurm', 4, 'gpu')
        assert launcher.command('test', 'c.py', 'a.pth')[:4] == [
            'bash',
            'tools/slurm_test.sh',
            'gpu',
            'aanet',
        ]
        environment = launcher.environment()
        assert environment['GPUS'] == environment['GPUS_PER_NODE'] == '4'


def test_result_file_is_json_that_people_read(jobs, stub):
    finish(jobs[0], stub())
    text = (jobs[0].folder / 'result.json').read_text('utf-8')
    assert json.loads(text)['row'] == 'BL'
    assert text.count('\n') > 10
