"""Starts of a run are joined so that each iteration counts once."""

import json

import pytest

from aanet.utils.log_reading import find_logs, join_logs, read_training_log
from aanet.utils.training_log import TrainingLog

EPOCH = 10


def entry(step, **values):
    """As training logs it; epochs have ten iterations."""
    epoch = (step - 1) // EPOCH + 1
    return {'lr': 0.1, **values, 'epoch': epoch, 'iter': step, 'step': step}


def score(epoch, value):
    return {'reid/mAP': value, 'time': 99.0, 'step': epoch}


def write(folder, *starts):
    """A work folder with one log for each start."""
    for number, entries in enumerate(starts):
        path = folder / f'2026010{number}_000000/vis_data/scalars.json'
        path.parent.mkdir(parents=True)
        path.write_text('\n'.join(map(json.dumps, entries)) + '\n', 'utf-8')
    return folder


FIRST = [
    entry(4, loss=9.0, time=1.0),
    entry(8, loss=8.0, time=1.0),
    score(1, 10.0),
    entry(14, loss=7.0, time=1.0),
    entry(18, loss=6.0, time=1.0),
    score(2, 20.0),
]
SECOND = [
    entry(14, loss=5.0, time=3.0),
    entry(18, loss=4.0, time=3.0),
    score(2, 30.0),
    entry(24, loss=3.0, time=3.0),
]


def test_a_repeated_iteration_counts_once(tmp_path):
    log = read_training_log(write(tmp_path, FIRST, SECOND))
    steps, losses = log.curve('loss')
    assert steps == [4, 8, 14, 18, 24]
    assert losses == [9.0, 8.0, 5.0, 4.0, 3.0]
    assert log.curve('reid/mAP') == ([10, 20], [10.0, 30.0])
    assert (log.starts, log.repeated, log.iterations) == (2, 2, 24)
    assert log.seconds == pytest.approx(8 * 1.0 + 16 * 3.0)


def test_what_a_later_start_threw_away_is_gone(tmp_path):
    """The first start got further than the second one has so far."""
    log = read_training_log(write(tmp_path, FIRST, SECOND[:1]))
    assert log.curve('loss') == ([4, 8, 14], [9.0, 8.0, 5.0])
    assert log.curve('reid/mAP') == ([10], [10.0])
    assert log.repeated == 2


def test_a_fresh_start_replaces_everything(tmp_path):
    log = read_training_log(write(tmp_path, FIRST, [entry(4, loss=1.0)]))
    assert log.curve('loss') == ([4], [1.0])
    assert log.val == {}


def test_a_run_that_died_in_validation_validates_first(tmp_path):
    """Its next start begins with the scores, not with an iteration."""
    first, again = FIRST[:-1], [score(2, 25.0), entry(24, loss=3.0)]
    log = read_training_log(write(tmp_path, first, again))
    assert log.curve('reid/mAP') == ([10, 20], [10.0, 25.0])
    assert log.curve('loss')[0] == [4, 8, 14, 18, 24]


def test_scores_stand_at_the_end_of_their_epoch():
    log = TrainingLog()
    log.add_start(FIRST)
    assert log.epoch_length == EPOCH
    assert [log.end_of_epoch(step) for step in (1, 10, 11)] == [10, 10, 20]


def test_without_a_second_epoch_nobody_knows_its_length():
    log = TrainingLog()
    log.add_start(FIRST[:3])
    assert log.epoch_length is None
    assert log.curve('reid/mAP') == ([8], [10.0])


def test_a_loop_of_iterations_has_no_epochs():
    log = TrainingLog()
    log.add_start(
        [
            {'lr': 0.1, 'loss': 2.0, 'step': 5},
            {'reid/mAP': 7.0, 'step': 5},
            {'lr': 0.1, 'loss': 1.0, 'step': 10},
        ]
    )
    assert log.epoch_length is None
    assert log.curve('reid/mAP') == ([5], [7.0])


def figure(step, value):
    """As DiagnosisHook logs it."""
    return {'diagnosis/gate/layer4.1/mean': value, 'step': step}


GATE = 'diagnosis/gate/layer4.1/mean'


def test_figures_of_a_diagnosis_are_no_scores():
    """One that falls on the iteration last logged hides no validation."""
    log = TrainingLog()
    log.add_start([*FIRST, figure(18, 1.5), entry(24, loss=3.0)])
    assert log.curve('reid/mAP') == ([10, 20], [10.0, 20.0])
    assert log.curve(GATE) == ([18], [1.5])
    assert log.of_training(GATE) and log.of_training('loss')
    assert not log.of_training('reid/mAP')
    assert log.iterations == 24 and GATE in log.keys


def test_a_later_start_replaces_figures():
    """Its interval may be another, and it may not have come as far."""
    log = TrainingLog()
    log.add_start([figure(5, 1.0), *FIRST, figure(15, 2.0), figure(20, 3.0)])
    log.add_start([figure(12, 4.0), entry(14, loss=5.0), figure(18, 5.0)])
    assert log.curve(GATE) == ([5, 12, 18], [1.0, 4.0, 5.0])


def test_figures_alone_make_a_log(tmp_path):
    log = read_training_log(write(tmp_path, [figure(2, 1.0)]))
    assert log.curve(GATE) == ([2], [1.0])


def test_unknown_keys_are_answered_with_the_known_ones():
    log = TrainingLog()
    log.add_start(FIRST)
    with pytest.raises(ValueError, match=r"'los'.* lr, loss, time, reid/mAP"):
        log.curve('los')


def test_any_folder_of_a_run_or_a_file_will_do(tmp_path):
    start = write(tmp_path, FIRST) / '20260100_000000'
    file = start / 'vis_data' / 'scalars.json'
    for path in (tmp_path, start, start / 'vis_data', file):
        assert read_training_log(path).iterations == 18
    assert find_logs(tmp_path / 'nowhere') == []
    assert join_logs([]).iterations == 0


def test_a_line_that_a_kill_has_cut_is_left_out(tmp_path):
    folder = write(tmp_path, FIRST, SECOND)
    (_, path) = find_logs(folder)
    path.write_text(path.read_text('utf-8')[:-20], 'utf-8')
    assert read_training_log(folder).iterations == 18
    path.write_text('{"lr": 0.', 'utf-8')
    log = read_training_log(folder)
    assert (log.iterations, log.starts) == (18, 2)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', 'nothing is logged yet'),
        ('_base_ = 1\n', r'scalars\.json is no training log.*line 1'),
        ('{"lr": 1, "step"\n{}\n', r'damaged in line 1'),
        ('{"reid/mAP": 3.0}\n', r"line 1 has no 'step'"),
        ('[1]\n', r"line 1 has no 'step'"),
    ],
)
def test_other_files_are_refused(tmp_path, text, message):
    path = tmp_path / 'scalars.json'
    path.write_text(text, 'utf-8')
    with pytest.raises(ValueError, match=message):
        read_training_log(path)


def test_missing_logs_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere does not exist'):
        read_training_log(tmp_path / 'nowhere')
    with pytest.raises(FileNotFoundError, match='holds no training log'):
        read_training_log(tmp_path)
