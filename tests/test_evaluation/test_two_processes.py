"""Two processes give the figures of one, and fail together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch
from mmengine.dataset import DefaultSampler
from mmengine.dist import get_default_group

from aanet.evaluation import ReIDMetric
from aanet.evaluation.metrics import gathering, processes
from aanet.evaluation.metrics.processes import Processes
from tests.helpers.forked import in_two_processes

ROWS_MB = 0.02
"""Lets a chunk hold a few queries, so that both processes have some."""


@dataclass(frozen=True)
class Case:
    """Random images, and how they are evaluated.

    Attributes:
        num_queries (int): Queries, the first of the images.
        num_gallery (int): The others.
        options (dict): Of the metric.
        changes (dict): Fields of some images, by number, that are not
            random.
    """

    num_queries: int
    num_gallery: int
    options: dict = field(default_factory=dict)
    changes: dict = field(default_factory=dict)

    def samples(self) -> list[dict]:
        """What a model would give, in the order of the data set."""
        rng = np.random.default_rng(self.num_queries)
        samples = []
        for number in range(self.num_queries + self.num_gallery):
            split = 'query' if number < self.num_queries else 'gallery'
            samples.append(
                {
                    'pred_feature': torch.tensor(
                        rng.integers(-4, 5, 5) + 0.5, dtype=torch.float32
                    ),
                    'gt_label': int(rng.integers(-1, 8)),
                    'camid': int(rng.integers(0, 4)),
                    'split': split,
                    'img_path': f'{split}/{number}.jpg',
                }
            )
        for number, fields in self.changes.items():
            samples[number].update(fields)
        return samples

    def evaluate(self, samples: list[dict], **options: str) -> dict:
        """Evaluate the images that this process has seen."""
        metric = ReIDMetric(**self.options, **options)
        for start in range(0, len(samples), 4):
            metric.process(None, samples[start : start + 4])
        figures = metric.evaluate(self.num_queries + self.num_gallery)
        assert metric.results == []
        return figures


SMALL = {'max_memory_mb': ROWS_MB}
CASES = {
    'one chunk': Case(9, 40),
    'many chunks': Case(41, 80, SMALL),
    'euclidean': Case(40, 81, SMALL | {'distance': 'euclidean'}),
    'trapezoid': Case(31, 61, SMALL | {'ap': 'trapezoid'}),
    'roc': Case(33, 60, SMALL | {'roc': True}),
    'roc of one chunk': Case(7, 60, {'roc': True}),
    'euclidean roc': Case(
        25, 70, SMALL | {'roc': True, 'distance': 'euclidean'}
    ),
    'one query': Case(1, 40, SMALL | {'roc': True}),
    'more images than places in a block': Case(65, 300, SMALL),
    're-ranked': Case(21, 60, {'rerank': {'k1': 6}, 'roc': True}),
}


BROKEN = {'pred_feature': torch.full((5,), torch.nan)}
FAILURES = {
    'query 0': Case(20, 40, SMALL, {0: BROKEN, 19: BROKEN}),
    # A query that the second process ranks, an image that it has not seen.
    'query 18': Case(20, 40, SMALL, {18: BROKEN}),
    'gallery image 2': Case(20, 40, SMALL, {22: BROKEN}),
    'none of the 3 queries has a match': Case(
        3, 40, {}, {number: {'gt_label': 99} for number in range(3)}
    ),
    'a ROC needs matches and negatives': Case(
        1, 4, {'roc': True}, {n: {'gt_label': 1, 'camid': n} for n in range(5)}
    ),
    '0 query and 30 gallery': Case(0, 30),
    '5 query and 0 gallery': Case(5, 0),
    'must have two dimensions': Case(
        2, 1, {}, {n: {'pred_feature': torch.ones(2, 2)} for n in range(3)}
    ),
}


def evaluate_dealt(rank: int, folder: Path, cases: dict[str, Case]) -> None:
    """What a process sees of each case, or the error it meets."""
    gathering._BLOCK_BYTES = 7 * 5 * 4
    for name, case in cases.items():
        samples = case.samples()
        sampler = DefaultSampler(range(len(samples)), shuffle=False)
        own = [samples[index] for index in sampler]
        assert len(own) == (len(samples) + 1) // 2
        try:
            out_file = str(folder / f'{name}.npz')
            seen = case.evaluate(own, out_file=out_file)
        except (ValueError, OSError) as error:
            seen = f'{type(error).__name__}: {error}'
        torch.save(seen, folder / f'{name}.{rank}.pt')


def run_in_both(function: Callable, folder: Path) -> None:
    """Run ``function(rank, folder)`` in two processes."""
    function = partial(function, folder=folder)
    for process in in_two_processes(function, folder):
        assert process.wait(60) == 0, process.printed


def seen_by_both(folder: Path, name: str) -> dict | str:
    """What both processes have seen, if that is the same."""
    first, second = (
        torch.load(folder / f'{name}.{rank}.pt') for rank in (0, 1)
    )
    assert first == second
    return first


@pytest.fixture(scope='module')
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp('shared')
    run_in_both(partial(evaluate_dealt, cases=CASES), folder)
    return folder


@pytest.mark.parametrize('name', CASES)
def test_figures_and_features_are_those_of_one_process(shared, name, tmp_path):
    case, path = CASES[name], tmp_path / 'features.npz'
    assert seen_by_both(shared, name) == case.evaluate(
        case.samples(), out_file=str(path)
    )
    with np.load(shared / f'{name}.npz') as two, np.load(path) as one:
        assert two.files == one.files
        for array in one.files:
            assert two[array].dtype == one[array].dtype
            assert (two[array] == one[array]).all(), array


@pytest.fixture(scope='module')
def failed(tmp_path_factory):
    folder = tmp_path_factory.mktemp('failed')
    run_in_both(partial(evaluate_dealt, cases=FAILURES), folder)
    return folder


@pytest.mark.parametrize('message', FAILURES)
def test_both_fail_with_the_message_of_one_process(failed, message):
    case = FAILURES[message]
    with pytest.raises(ValueError, match=message) as error:
        case.evaluate(case.samples())
    assert seen_by_both(failed, message) == f'ValueError: {error.value}'


def refuse_shapes_and_files(rank: int, folder: Path) -> None:
    """What only several processes meet, or meet in another way."""
    seen = []
    short = Case(6, 20, {}, {9: {'pred_feature': torch.ones(3)}})
    (folder / 'file').touch()
    for case, options in (
        (short, {}),
        (CASES['one chunk'], {'out_file': f'{folder}/file/features.npz'}),
    ):
        try:
            case.evaluate(case.samples()[rank::2], **options)
        except (ValueError, OSError) as error:
            seen.append(f'{type(error).__name__}: {error}')
    torch.save(seen, folder / f'refused.{rank}.pt')


def test_both_fail_where_one_cannot_go_on(tmp_path):
    run_in_both(refuse_shapes_and_files, tmp_path)
    shapes, file = seen_by_both(tmp_path, 'refused')
    assert 'features of different shapes' in shapes
    assert '(3,), (5,)' in shapes
    assert file.startswith(('NotADirectoryError', 'FileExistsError'))


class StubbornError(Exception):
    """Cannot be unpickled."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


def fail(kind: type, *words: str) -> None:
    raise kind(*words)


def agree_on_errors(rank: int, folder: Path) -> None:
    """Errors of one process, and of both."""
    team = Processes('cpu')
    seen = []
    for failing, work in (
        (1, partial(fail, KeyError, 'second')),
        (0, partial(fail, StubbornError, 'cannot ', 'travel')),
        (rank, partial(fail, ValueError, f'of {rank}')),
    ):
        try:
            team.agree(work if rank == failing else dict)
        except Exception as error:
            seen.append(f'{type(error).__name__}: {error}')
    assert team.agree(lambda: rank) == [0, 1]
    torch.save(seen, folder / f'errors.{rank}.pt')


def test_an_error_is_the_same_wherever_it_can_be(tmp_path):
    run_in_both(agree_on_errors, tmp_path)
    first, second = (
        torch.load(tmp_path / f'errors.{rank}.pt') for rank in (0, 1)
    )
    assert first[0] == second[0] == "KeyError: 'second'"
    assert first[1] == 'StubbornError: cannot travel'
    assert second[1] == 'RuntimeError: cannot travel'
    assert first[2] == second[2] == 'ValueError: of 0'


def exchange_beside_gpus(rank: int, folder: Path) -> None:
    """Pretend that the default group is one of GPUs."""
    with mock.patch.object(
        processes, 'get_comm_device', lambda group: torch.device('cuda')
    ):
        by_default, on_cpu = Processes('gpu'), Processes('cpu')
        again = Processes('cpu')
    assert by_default._group is get_default_group()
    assert on_cpu._group is again._group is not get_default_group()
    numbers = np.full(3, rank)
    on_cpu.send(numbers, 1)
    assert on_cpu.agree(numbers.tolist) == [[1, 1, 1], [1, 1, 1]]


def test_main_memory_is_used_beside_gpus(tmp_path):
    run_in_both(exchange_beside_gpus, tmp_path)
