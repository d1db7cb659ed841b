"""The same floats as mmpretrain's preprocessor gives."""

import pytest
import torch
from mmpretrain.models import ClsDataPreprocessor
from mmpretrain.structures import DataSample

from aanet.models.reid import ReIDDataPreprocessor

SETTINGS = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
BYTES = torch.arange(2 * 3 * 4 * 3).view(2, 3, 4, 3).to(torch.uint8)


@pytest.mark.parametrize('inputs', [BYTES, BYTES.float(), list(BYTES)])
@pytest.mark.parametrize('to_rgb', [True, False])
@pytest.mark.parametrize('pad_size_divisor', [1, 8])
def test_equals_mmpretrain(inputs, to_rgb, pad_size_divisor):
    kwargs = dict(SETTINGS, to_rgb=to_rgb, pad_size_divisor=pad_size_divisor)
    ours, theirs = (
        cls(**kwargs)({'inputs': inputs})['inputs']
        for cls in (ReIDDataPreprocessor, ClsDataPreprocessor)
    )
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize('to_rgb', [True, False])
def test_leaves_its_input_alone(to_rgb):
    inputs = BYTES.float()
    ReIDDataPreprocessor(**SETTINGS, to_rgb=to_rgb)({'inputs': inputs})
    assert torch.equal(inputs, BYTES.float())


def test_keeps_the_labels():
    samples = [DataSample().set_gt_label(label) for label in (4, 7)]
    data = {'inputs': BYTES, 'data_samples': samples}
    result = ReIDDataPreprocessor(**SETTINGS)(data)
    assert [s.gt_label.tolist() for s in result['data_samples']] == [[4], [7]]
    assert data['inputs'] is BYTES


def test_has_the_state_of_mmpretrain():
    assert not ReIDDataPreprocessor(**SETTINGS).state_dict()
