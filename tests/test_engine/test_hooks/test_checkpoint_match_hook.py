"""A checkpoint of another model is refused before it is loaded."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from aanet.engine import CheckpointMatchHook


class Net(nn.Module):
    def __init__(self, width=4, classes=3):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(3, width, 1), nn.BatchNorm2d(width)
        )
        self.head = nn.Linear(width, classes)


def check(model, state, resume=False, nested=True):
    runner = SimpleNamespace(
        model=model, _resume=resume, optim_wrapper=None, param_schedulers=None
    )
    meta = {'epoch': 1, 'iter': 1}
    parts = {'meta': meta, 'message_hub': {}, 'optimizer': {}}
    checkpoint = {'state_dict': state, **parts} if nested else state
    CheckpointMatchHook().after_load_checkpoint(runner, checkpoint)


@pytest.mark.parametrize(
    ('resume', 'nested'), [(False, False), (False, True), (True, True)]
)
@pytest.mark.parametrize('wrapped', [False, True])
@pytest.mark.parametrize('saved_wrapped', [False, True])
def test_the_same_model_passes(resume, wrapped, saved_wrapped, nested):
    model = nn.DataParallel(Net()) if wrapped else Net()
    saved = nn.DataParallel(Net()) if saved_wrapped else Net()
    check(model, saved.state_dict(), resume, nested)


@pytest.mark.parametrize('resume', [False, True])
def test_weights_alone_cannot_be_resumed(resume):
    state = Net().state_dict()
    if resume:
        with pytest.raises(ValueError, match='holds no meta, message_hub, op'):
            check(Net(), state, resume, nested=False)
    else:
        check(Net(), state, resume, nested=False)


@pytest.mark.parametrize('content', [[1, 2], torch.ones(2), {'state_dict': 3}])
def test_a_file_without_weights_is_refused(content):
    with pytest.raises(ValueError, match='holds no weights by name'):
        check(Net(), content, nested=False)


def test_another_classifier_passes_unless_resumed():
    """Testing on another data set is fine; going on with it is not."""
    state = Net(classes=5).state_dict()
    check(Net(), state)
    with pytest.raises(ValueError, match=r'2 weights .*head\.weight'):
        check(Net(), state, resume=True)


def test_a_missing_head_passes_unless_resumed():
    state = Net().state_dict()
    del state['head.weight'], state['head.bias']
    check(Net(), state)
    with pytest.raises(ValueError, match=r'2 weights .*head\.weight'):
        check(Net(), state, resume=True)


@pytest.mark.parametrize('resume', [False, True])
def test_another_width_is_refused(resume):
    message = r'of another model: .*first: backbone\.0\.weight.*Use the config'
    with pytest.raises(ValueError, match=message):
        check(Net(), Net(width=8).state_dict(), resume)


def test_a_missing_weight_of_the_backbone_is_refused():
    """As when weights without attention are loaded into AANet."""
    state = Net().state_dict()
    del state['backbone.1.running_mean']
    message = r'1 weights .*0 of its backbone .*backbone\.1\.running_mean'
    with pytest.raises(ValueError, match=message):
        check(Net(), state)


def test_an_unknown_weight_of_the_backbone_is_refused():
    """As when AANet's weights are loaded into the plain backbone."""
    state = Net().state_dict()
    state['backbone.0.attention.weight'] = torch.ones(1)
    message = r'0 weights .*1 of its backbone .*backbone\.0\.attention'
    with pytest.raises(ValueError, match=message):
        check(Net(), state)


def test_a_checkpoint_of_something_else_is_refused():
    with pytest.raises(ValueError, match='of another model'):
        check(Net(), {'conv1.weight': torch.ones(2)}, nested=False)


def test_a_counter_of_batches_may_be_missing():
    state = Net().state_dict()
    del state['backbone.1.num_batches_tracked']
    check(Net(), state)
