"""Mining over two processes equals one process on the joint batch."""

import subprocess
import sys

import pytest
import torch

from tests.helpers import two_ranks
from tests.helpers.two_ranks import LOSSES, WORLD, embedding, joint_batch


@pytest.fixture(scope='module')
def ranks(tmp_path_factory):
    """What the two processes saw; this one is rank 0."""
    folder = str(tmp_path_factory.mktemp('ranks'))
    other = subprocess.Popen(
        [sys.executable, two_ranks.__file__, folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        two_ranks.run_rank(0, folder)
        output, _ = other.communicate(timeout=60)
    finally:
        other.kill()
    assert other.returncode == 0, output
    return [torch.load(f'{folder}/{rank}.pt') for rank in range(WORLD)]


def test_every_rank_sees_the_joint_batch(ranks):
    inputs, labels = joint_batch()
    feats = embedding()(inputs)
    for rank in ranks:
        torch.testing.assert_close(rank['joint'], feats.detach())
        assert torch.equal(rank['labels'], labels)


@pytest.mark.parametrize('name', LOSSES)
def test_value_is_that_of_one_process(ranks, name):
    inputs, labels = joint_batch()
    expected = LOSSES[name]()(embedding()(inputs), labels).detach()
    for rank in ranks:
        torch.testing.assert_close(rank[name]['loss'], expected)
    # The halves alone would mine other pairs.
    halves = sum(rank[name]['alone'] for rank in ranks) / WORLD
    assert abs(halves - expected) > 0.05


@pytest.mark.parametrize('name', LOSSES)
def test_gradient_behind_ddp_is_that_of_one_process(ranks, name):
    inputs, labels = joint_batch()
    model = embedding()
    LOSSES[name]()(model(inputs), labels).backward()
    for rank in ranks:
        for ours, parameter in zip(
            rank[name]['gradients'], model.parameters(), strict=True
        ):
            torch.testing.assert_close(ours, parameter.grad)
    assert model.weight.grad.any()
