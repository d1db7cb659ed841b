"""How earlier attentions are brought to a later module's input."""

import pytest
import torch
import torch.nn.functional as F

from aanet.models.attention.dense_link import (
    ConcatLink,
    SumLink,
    check_dense_sum,
    check_transmit,
    match_attention,
)


def test_equal_shapes_pass_unchanged():
    attention = torch.rand(2, 4, 6, 3)
    assert torch.equal(match_attention(attention, attention), attention)


def test_wider_target_repeats_the_channels():
    attention = torch.rand(2, 4, 6, 3)
    matched = match_attention(attention, torch.zeros(2, 12, 6, 3))
    for copy in matched.split(4, dim=1):
        assert torch.equal(copy, attention)


def test_narrower_target_averages_groups():
    attention = torch.rand(2, 6, 4, 4)
    matched = match_attention(attention, torch.zeros(2, 2, 4, 4))
    for group in range(2):
        own = attention[:, 3 * group : 3 * group + 3]
        torch.testing.assert_close(matched[:, group], own.mean(1))


def test_larger_map_is_average_pooled():
    attention = torch.rand(2, 4, 12, 6)
    matched = match_attention(attention, torch.zeros(2, 4, 6, 3))
    torch.testing.assert_close(matched, F.avg_pool2d(attention, 2))


def test_a_channel_attention_spreads_over_the_map():
    attention = torch.rand(2, 4, 1, 1)
    matched = match_attention(attention, torch.zeros(2, 4, 6, 3))
    torch.testing.assert_close(matched, attention.expand(2, 4, 6, 3))


def test_indivisible_channels_are_refused():
    with pytest.raises(ValueError, match=r'match 6 to 4 channels'):
        match_attention(torch.rand(1, 6, 2, 2), torch.rand(1, 4, 2, 2))


def test_sum_link_adds_every_earlier_attention():
    x = torch.rand(2, 4, 6, 3)
    earlier = [torch.rand(2, 4, 6, 3), torch.rand(2, 2, 12, 6)]
    expected = x + earlier[0] + match_attention(earlier[1], x)
    torch.testing.assert_close(SumLink()(x, earlier), expected)
    assert not list(SumLink().parameters())


def test_concat_link_adds_a_projection():
    link = ConcatLink(6, 4)
    x = torch.rand(2, 4, 6, 3)
    earlier = [torch.rand(2, 4, 6, 3), torch.rand(2, 2, 12, 6)]
    joined = torch.cat([earlier[0], F.avg_pool2d(earlier[1], 2)], 1)
    expected = x + link.norm(F.conv2d(joined, link.project.weight))
    torch.testing.assert_close(link(x, earlier), expected)
    assert link.project.weight.shape == (4, 6, 1, 1)
    assert link.project.bias is None


def test_a_dense_sum_needs_every_input_to_fit_every_attention_before():
    """Blocks as (input, output): 6 fits 12 and 6, and does not fit 4."""
    check_dense_sum([(4, 6), (12, 12), (6, 24)])
    with pytest.raises(ValueError, match=r'of 6 channels to an input of 4'):
        check_dense_sum([(4, 6), (12, 12), (4, 24)])


def test_transmission_needs_only_neighbouring_outputs_to_fit():
    """8, 24 and 12: neither 8 nor 12 divides the other, but 24 is between."""
    check_transmit([(5, 8), (7, 24), (9, 12)])
    with pytest.raises(ValueError, match=r'of 8 channels to logits of 12'):
        check_transmit([(8, 24), (24, 8), (12, 12)])


def test_no_module_or_one_fits_any_connection():
    for check in (check_dense_sum, check_transmit):
        check([])
        check([(5, 7)])
