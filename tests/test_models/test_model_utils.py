"""Labels in, features out."""

import pytest
import torch
from mmpretrain.structures import DataSample

from aanet.models.utils import attach_features, stack_labels
from tests.helpers.models import labeled


def test_labels_are_stacked_in_order():
    labels = stack_labels(labeled([3, 0, 7]))
    assert labels.tolist() == [3, 0, 7]
    assert not labels.is_floating_point()


def test_a_sample_without_label_is_refused():
    with pytest.raises(ValueError, match=r'gt_label .*train pipeline'):
        stack_labels([*labeled([1]), DataSample()])


def test_features_go_into_the_given_samples():
    features = torch.rand(2, 4)
    samples = [DataSample(), DataSample()]
    out = attach_features(features, samples)
    assert out[0] is samples[0] and out[1] is samples[1]
    assert torch.equal(samples[1].pred_feature, features[1])


def test_missing_samples_are_made():
    features = torch.rand(2, 4)
    for samples in (None, [None, None]):
        out = attach_features(features, samples)
        assert torch.equal(out[0].pred_feature, features[0])
