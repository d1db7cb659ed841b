"""How many training images were left out is in the log."""

import logging
from types import SimpleNamespace

import pytest
import torch

from aanet.engine import SkippedImagesHook
from aanet.engine.hooks import skipped_images_hook
from tests.helpers.forked import in_two_processes


class Images:
    """A training set of ten images, some of them found unreadable."""

    def __init__(self, *bad, skip_unreadable=True):
        self.skip_unreadable = skip_unreadable
        self.skipped = torch.zeros(10, dtype=torch.bool)
        self.skipped[list(bad)] = True

    def __len__(self):
        return 10

    def get_data_info(self, index):
        return {'img_path': f'{index}.jpg'}


def runner_on(dataset):
    loader = SimpleNamespace(dataset=dataset)
    return SimpleNamespace(train_dataloader=loader, epoch=2)


@pytest.fixture
def log(monkeypatch):
    lines = []
    monkeypatch.setattr(
        skipped_images_hook,
        'print_log',
        lambda text, logger, level: lines.append((text, level)),
    )
    return lines


def test_an_epoch_warns_of_them_by_name(log):
    SkippedImagesHook().after_train_epoch(runner_on(Images(2, 7)))
    assert log == [
        (
            '2 of 10 training images could not be read up to epoch 3, and '
            'others took their place: 2.jpg, 7.jpg.',
            logging.WARNING,
        )
    ]


def test_many_are_not_all_named(log):
    SkippedImagesHook().after_train_epoch(runner_on(Images(*range(1, 9))))
    ((text, _),) = log
    assert text.startswith('8 of 10 ')
    assert text.endswith('1.jpg, 2.jpg, 3.jpg, 4.jpg, 5.jpg and others.')


def test_none_is_worth_a_line_at_the_end_only(log):
    hook, runner = SkippedImagesHook(), runner_on(Images())
    hook.after_train_epoch(runner)
    assert not log
    hook.after_train(runner)
    assert log == [
        (
            '0 of 10 training images could not be read in this run, and '
            'others took their place.',
            logging.INFO,
        )
    ]


@pytest.mark.parametrize(
    'dataset', [Images(1, skip_unreadable=False), [1, 2, 3]]
)
def test_data_sets_that_skip_nothing_have_no_line(log, dataset):
    SkippedImagesHook().after_train(runner_on(dataset))
    assert not log


def report_of_rank(rank):
    """Both have met image 5, and each one more."""
    SkippedImagesHook().after_train(runner_on(Images(5, 7 + rank)))


def test_two_processes_count_together(tmp_path):
    for rank in in_two_processes(report_of_rank, tmp_path):
        assert rank.wait() == 0, rank.printed
        if rank.printed:
            assert '3 of 10 training' in rank.printed
            assert '5.jpg, 7.jpg, 8.jpg.' in rank.printed
            return
    pytest.fail('no process has said anything')
