"""From class activation maps to attention vectors."""

import pytest
import torch
import torch.nn.functional as F

from aanet.models.necks.attention_vector import (
    attention_vectors,
    class_activation_maps,
    crop_boxes,
    normalize_maps,
)
from tests.helpers.aam import naive_vector

MODES = ['abs', 'rel', 'minmax']


def blob_maps(count=12, height=24, width=12):
    """Random blobs in [0, 1]: crops of many sizes."""
    y = torch.arange(height)[:, None]
    x = torch.arange(width)
    maps = []
    for _ in range(count):
        row, column = torch.rand(2) * torch.tensor([height, width])
        tall, wide = 1 + torch.rand(2) * torch.tensor([height, width]) / 2
        blob = torch.exp(
            -(((y - row) / tall) ** 2) - ((x - column) / wide) ** 2
        )
        maps.append(blob + 0.1 * torch.rand(height, width))
    return normalize_maps(torch.stack(maps))[0]


def one_rectangle():
    """1 in rows 5..11 and columns 3..8 of 24 x 12, 0 elsewhere."""
    image_map = torch.zeros(1, 24, 12)
    image_map[0, 5:12, 3:9] = 1
    return image_map


def edges(box):
    return [edge.item() for edge in box[:4]]


def test_activation_map_is_the_weighted_sum_of_channels():
    feats, weights = torch.randn(3, 5, 4, 2), torch.randn(3, 5)
    expected = torch.stack(
        [sum(weights[n, c] * feats[n, c] for c in range(5)) for n in range(3)]
    )
    torch.testing.assert_close(class_activation_maps(feats, weights), expected)


def test_maps_are_scaled_to_zero_and_one():
    maps, ok = normalize_maps(torch.randn(5, 24, 12) * 40 + 7)
    assert ok.all()
    assert torch.equal(maps.amin((1, 2)), torch.zeros(5))
    torch.testing.assert_close(maps.amax((1, 2)), torch.ones(5))


def test_a_constant_map_becomes_zero_and_is_marked():
    raw = torch.stack([torch.full((6, 3), 4.0), torch.rand(6, 3)])
    raw.requires_grad_()
    maps, ok = normalize_maps(raw)
    assert ok.tolist() == [False, True]
    assert not maps[0].any()
    maps.square().sum().backward()
    assert raw.grad.isfinite().all()


def test_minimum_and_maximum_carry_gradient():
    """Eq. 5's min and max are functions of the map."""
    raw = torch.tensor([[[0.0, 1.0], [2.0, 4.0]]], dtype=torch.float64)
    raw.requires_grad_()
    assert torch.autograd.gradcheck(lambda m: normalize_maps(m)[0], (raw,))
    normalize_maps(raw)[0][0, 1, 0].backward()
    # d/dmin (2 - min) / (4 - min) = -1/8, d/dmax = -1/8.
    expected = torch.tensor([[-0.125, 0.0], [0.25, -0.125]])
    torch.testing.assert_close(raw.grad[0], expected.double())


@pytest.mark.parametrize('mode', MODES)
def test_a_rectangle_is_found(mode):
    """Row means there are 6/12, column means 7/24 = 0.29."""
    assert edges(crop_boxes(one_rectangle(), 0.3, 0.25, mode)) == [5, 11, 3, 8]


def test_each_threshold_crops_its_own_axis():
    """T_h crops the height, T_w the width."""
    image_map = one_rectangle()
    high = crop_boxes(image_map, 0.4, 0.0)
    assert edges(high) == [5, 11, 0, 11]
    wide = crop_boxes(image_map, 0.0, 0.25)
    assert edges(wide) == [0, 23, 3, 8]


def test_inner_gaps_are_kept():
    image_map = one_rectangle()
    image_map[0, 8] = 0
    image_map[0, :, 5] = 0
    assert edges(crop_boxes(image_map, 0.3, 0.2)) == [5, 11, 3, 8]


def test_a_mean_at_the_threshold_is_kept():
    image_map = torch.zeros(1, 4, 4)
    image_map[0, 1] = 0.5
    image_map[0, 2] = 1
    assert edges(crop_boxes(image_map, 0.5, 0.0))[:2] == [1, 2]


def test_abs_takes_the_level_as_it_is_and_rel_as_a_share():
    image_map = 0.5 * one_rectangle()
    image_map[0, 0, 0] = 1
    # Row means 0.25, column means 0.15: below 0.3, above 0.3 of the largest.
    box = crop_boxes(image_map, 0.3, 0.3, 'abs')
    assert box.empty.tolist() == [True]
    box = crop_boxes(image_map, 0.5, 0.5, 'rel')
    assert edges(box) == [5, 11, 3, 8]
    assert box.empty.tolist() == [False]


def test_minmax_leaves_out_a_level_floor():
    """On a floor of 0.4 everything is above 0.3 in abs, not in minmax."""
    image_map = 0.4 + 0.6 * one_rectangle()
    assert edges(crop_boxes(image_map, 0.3, 0.3, 'abs')) == [0, 23, 0, 11]
    assert edges(crop_boxes(image_map, 0.3, 0.3, 'minmax')) == [5, 11, 3, 8]


def test_rel_at_one_keeps_exactly_the_largest_row_and_column():
    maps = blob_maps()
    box = crop_boxes(maps, 1.0, 1.0, 'rel')
    assert torch.equal(box.top, maps.mean(2).argmax(1))
    assert torch.equal(box.bottom, maps.mean(2).argmax(1))
    assert torch.equal(box.left, maps.mean(1).argmax(1))
    assert torch.equal(box.right, maps.mean(1).argmax(1))
    assert not box.empty.any()


def test_abs_above_one_falls_back_to_the_full_map():
    maps = blob_maps()
    box = crop_boxes(maps, 1.01, 1.01, 'abs')
    assert box.empty.all()
    full = crop_boxes(maps, 0.0, 0.0, 'abs')
    assert all(map(torch.equal, box[:4], full[:4]))
    assert edges([edge[:1] for edge in full[:4]]) == [0, 23, 0, 11]


def test_an_axis_falls_back_alone():
    """Nothing reaches T_h, so the height is whole; the width is cropped."""
    box = crop_boxes(one_rectangle(), 0.9, 0.25, 'abs')
    assert edges(box) == [0, 23, 3, 8]
    assert box.empty.tolist() == [True]


def test_boxes_carry_no_gradient():
    maps = blob_maps().requires_grad_()
    box = crop_boxes(maps, 0.3, 0.3)
    assert not any(edge.requires_grad for edge in box)


@pytest.mark.parametrize('threshold', [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize('mode', MODES)
@pytest.mark.parametrize('length', [24, 7, 40])
def test_equals_interpolate_of_each_crop(mode, threshold, length):
    maps = blob_maps().requires_grad_()
    box = crop_boxes(maps, threshold, threshold, mode)
    ours = attention_vectors(maps, box, length)
    theirs = torch.stack(
        [naive_vector(m, threshold, threshold, mode, length) for m in maps]
    )
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)
    probe = torch.randn_like(ours) / length
    (our_gradient,) = torch.autograd.grad((ours * probe).sum(), maps)
    (their_gradient,) = torch.autograd.grad((theirs * probe).sum(), maps)
    torch.testing.assert_close(our_gradient, their_gradient, rtol=0, atol=1e-6)
    assert our_gradient.any()


def test_the_crops_of_that_comparison_differ_in_size():
    """Otherwise the comparison above would show little."""
    box = crop_boxes(blob_maps(), 0.3, 0.3)
    assert len(set((box.bottom - box.top).tolist())) > 3
    assert len(set((box.right - box.left).tolist())) > 2


def test_a_full_crop_of_the_same_length_is_the_row_means():
    maps = blob_maps()
    vectors = attention_vectors(maps, crop_boxes(maps, 0.0, 0.0), 24)
    torch.testing.assert_close(vectors, maps.mean(2))


def test_moving_a_person_does_not_move_its_vector():
    """What the crop is for: the same blob higher up gives the same."""
    low, high = torch.zeros(2, 24, 12)
    rows = torch.linspace(0.4, 1, 9)[:, None]
    low[14:23, 2:10] = rows
    high[2:11, 3:11] = rows
    maps = torch.stack([low, high])
    a, b = attention_vectors(maps, crop_boxes(maps, 0.1, 0.1), 24)
    torch.testing.assert_close(a, b)
    whole = crop_boxes(maps, 0.0, 0.0)
    a, b = attention_vectors(maps, whole, 24)
    assert F.cosine_similarity(a, b, dim=0) < 0.5
