"""MobileNetV2OFA: placement, strides, and no side effects."""

import pytest
import torch
from mmpretrain.models import MobileNetV2

from tests.helpers.models import TINY_MOBILENET, build


def test_default_attention_is_at_the_last_six_blocks():
    backbone = build(TINY_MOBILENET)
    names = [
        name
        for name, _ in backbone.named_modules()
        if name.endswith('.attention')
    ]
    assert names == [
        'layer5.1.attention',
        'layer5.2.attention',
        'layer6.0.attention',
        'layer6.1.attention',
        'layer6.2.attention',
        'layer7.0.attention',
    ]


@pytest.mark.parametrize(('last_stride', 'size'), [(1, (6, 3)), (2, (3, 2))])
def test_last_stride_sets_the_map(last_stride, size):
    backbone = build(TINY_MOBILENET, last_stride=last_stride)
    assert backbone(torch.rand(1, 3, 96, 48))[-1].shape == (1, 1280, *size)


def test_mmpretrain_s_class_is_left_as_it_was():
    build(TINY_MOBILENET)
    assert MobileNetV2.arch_settings[5] == [6, 160, 3, 2]


def test_bad_last_stride_is_refused():
    with pytest.raises(ValueError, match=r'last_stride must be 1 or 2, got 3'):
        build(TINY_MOBILENET, last_stride=3)


def test_plain_weights_load_at_last_stride_one():
    """The stride has no weights, so ImageNet's fit either way."""
    plain = MobileNetV2(widen_factor=0.25)
    result = build(TINY_MOBILENET).load_state_dict(
        plain.state_dict(), strict=False
    )
    assert result.unexpected_keys == []
    assert all('.attention.' in key for key in result.missing_keys)


def test_shortcuts_stay_where_mmpretrain_has_them():
    """At last stride 1 the widening block still has no shortcut."""
    layer6 = build(TINY_MOBILENET).layer6
    assert [b.use_res_connect for b in layer6] == [False, True, True]
