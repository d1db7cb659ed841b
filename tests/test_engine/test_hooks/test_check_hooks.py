"""Hooks that compare the config's parts before the first step."""

from types import SimpleNamespace

import pytest
from torch import nn

from aanet.engine import BatchSizeCheckHook, NumClassesCheckHook


class Part(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.num_classes = num_classes


class Net(nn.Module):
    """A backbone without classes, a neck and a head with."""

    def __init__(self, neck, head):
        super().__init__()
        self.backbone = nn.Identity()
        self.neck = Part(neck)
        self.head = Part(head)


def classes_runner(model, **metainfo):
    loader = SimpleNamespace(dataset=SimpleNamespace(metainfo=metainfo))
    return SimpleNamespace(model=model, train_dataloader=loader)


def test_matching_classes_pass():
    runner = classes_runner(Net(751, 751), num_ids=751)
    NumClassesCheckHook().before_train(runner)


@pytest.mark.parametrize(
    ('neck', 'head', 'part', 'given'),
    [(767, 751, 'neck', 767), (751, 702, 'head', 702)],
)
@pytest.mark.parametrize('wrapped', [False, True])
def test_wrong_classes_are_named_with_their_key(
    neck, head, part, given, wrapped
):
    model = Net(neck, head)
    model = nn.DataParallel(model) if wrapped else model
    runner = classes_runner(model, num_ids=751, dataset='Market1501')
    message = (
        rf'model\.{part}\.num_classes is {given}, but Market1501 has 751 '
        rf'training identities: set model\.{part}\.num_classes=751'
    )
    with pytest.raises(ValueError, match=message):
        NumClassesCheckHook().before_train(runner)


def test_a_data_set_that_tells_nothing_is_not_checked():
    NumClassesCheckHook().before_train(classes_runner(Net(3, 5)))
    runner = classes_runner(Net(3, 5))
    runner.train_dataloader.dataset = [1, 2, 3]
    NumClassesCheckHook().before_train(runner)


def batch_runner(batch_size, **sampler):
    loader = SimpleNamespace(
        batch_size=batch_size, sampler=SimpleNamespace(**sampler)
    )
    return SimpleNamespace(train_dataloader=loader)


def test_batch_of_p_times_k_passes():
    runner = batch_runner(30, num_ids=10, num_instances=3)
    BatchSizeCheckHook().before_train(runner)


def test_another_batch_size_is_refused_with_the_right_one():
    runner = batch_runner(32, num_ids=10, num_instances=3)
    message = (
        r'train_dataloader\.batch_size is 32, .*num_ids=10 x '
        r'num_instances=3 = 30 .*set batch_size=30'
    )
    with pytest.raises(ValueError, match=message):
        BatchSizeCheckHook().before_train(runner)


def test_other_samplers_are_not_checked():
    BatchSizeCheckHook().before_train(batch_runner(32))
