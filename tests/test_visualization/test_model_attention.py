import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aanet.registry import MODELS
from aanet.visualization import look_at, stripe_maps
from tests.helpers.aam import naive_vector
from tests.helpers.models import perturb


@pytest.fixture
def model(tiny_cfg):
    model = perturb(MODELS.build(tiny_cfg.model))
    with torch.no_grad():
        model.neck.cam_fc.weight.normal_()
    return model.eval()


@pytest.fixture
def inputs():
    return torch.randint(0, 256, (4, 3, 96, 64), dtype=torch.uint8)


def last_map(model, inputs):
    """In RGB, normalized as the config says, without the preprocessor."""
    mean = torch.tensor([120.0, 110, 100]).view(3, 1, 1)
    with torch.no_grad():
        return model.extract_maps((inputs.flip(1).float() - mean) / 60)[-1]


def scaled(image_map):
    low, high = image_map.min(), image_map.max()
    return (image_map - low) / (high - low)


def test_maps_are_those_of_the_highest_class(model, inputs):
    attention = look_at(model, inputs)
    feat = last_map(model, inputs)
    weight = model.neck.cam_fc.weight.detach()
    for index in range(4):
        scores = weight @ feat[index].mean((1, 2))
        assert attention.classes[index] == scores.argmax()
        cam = (weight[scores.argmax()].view(-1, 1, 1) * feat[index]).sum(0)
        np.testing.assert_allclose(
            attention.maps[index], scaled(cam), atol=1e-4
        )


def test_vectors_and_crops_are_those_of_aam(model, inputs):
    attention = look_at(model, inputs)
    assert attention.vectors.shape == (4, 6)
    for index in range(4):
        image_map = torch.from_numpy(attention.maps[index])
        vector = naive_vector(image_map, 0.3, 0.3, 'abs', 6)
        np.testing.assert_allclose(attention.vectors[index], vector, atol=1e-5)
        top, bottom, left, right = attention.boxes[index]
        assert 0 <= top <= bottom < 6 and 0 <= left <= right < 4


def test_cosines_compare_the_vectors(model, inputs):
    attention = look_at(model, inputs)
    vectors = torch.from_numpy(attention.vectors)
    expected = F.cosine_similarity(vectors[:, None], vectors[None], dim=2)
    np.testing.assert_allclose(attention.cosines, expected, atol=1e-5)


def test_without_aam_the_mean_activation_is_shown(model, inputs):
    model.neck = None
    attention = look_at(model, inputs)
    feat = last_map(model, inputs)
    assert attention.classes is None
    assert attention.boxes.tolist() == [[0, 5, 0, 3]] * 4
    for index in range(4):
        mean = scaled(feat[index].mean(0))
        np.testing.assert_allclose(attention.maps[index], mean, atol=1e-4)
        np.testing.assert_allclose(
            attention.vectors[index], mean.mean(1), atol=1e-4
        )


def test_a_linear_stripe_classifier_gives_its_plain_cam(model):
    feat = torch.rand(2, 64, 6, 4)
    linear = nn.Linear(64, 5)
    model.head.parts[1] = linear
    stripe = feat[:, :, 2:4]
    best = linear(stripe.mean((2, 3))).argmax(1)
    maps = stripe_maps(model.head, feat)
    assert [tuple(m.shape) for m in maps] == [(2, 2, 4)] * 3
    for index in range(2):
        weight = linear.weight[best[index]].detach()
        cam = (weight.view(-1, 1, 1) * stripe[index]).sum(0)
        torch.testing.assert_close(maps[1][index], scaled(cam))


@pytest.mark.parametrize('stripe', [0, 1, 2])
def test_stripes_cover_the_rows_they_are_pooled_from(model, stripe):
    """Four rows in three stripes: adaptive pooling lets them overlap."""
    feat = torch.rand(1, 64, 4, 2)
    before = stripe_maps(model.head, feat)[stripe]
    assert before.shape == (1, 2, 2)
    for row in range(4):
        changed = feat.clone()
        changed[:, :, row] = torch.rand(1, 64, 2)
        after = stripe_maps(model.head, changed)[stripe]
        inside = stripe <= row < stripe + 2
        assert torch.equal(after, before) != inside


def test_looking_leaves_no_gradients(model, inputs):
    look_at(model, inputs)
    assert all(p.grad is None for p in model.parameters())
