import json
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from aanet.deployment import ModelInfo, OnnxFeatures


def test_arrays_and_tensors_give_the_same(exported, images):
    features, path = exported
    once = features(images)
    assert once.dtype == torch.float32
    assert once.shape == (7, features.identity.feature_dim)
    torch.testing.assert_close(once.norm(dim=1), torch.ones(7))
    assert torch.equal(once, features(images.numpy()))
    assert torch.equal(once, OnnxFeatures(path)(images))


def test_the_file_says_what_it_is(exported, original):
    features, _ = exported
    info = features.info
    assert info.identity == original.identity
    assert (info.checkpoint, info.precision) == ('tiny.pth', 'fp32')
    assert [step['type'] for step in features.pipeline] == [
        step['type'] for step in original.pipeline
    ]


@pytest.mark.parametrize(
    ('wrong', 'got'),
    [
        (torch.zeros(1, 3, 96, 48), 'torch.float32'),
        (np.zeros((1, 3, 48, 96), np.uint8), r'shape \(1, 3, 48, 96\)'),
        (torch.zeros(3, 96, 48, dtype=torch.uint8), r'shape \(3, 96, 48\)'),
    ],
)
def test_other_images_are_refused(exported, wrong, got):
    with pytest.raises(ValueError, match=rf'\(N, 3, 96, 48\), got .*{got}'):
        exported[0](wrong)


def test_files_that_are_no_exports_are_refused(exported, tmp_path):
    import onnx

    with pytest.raises(FileNotFoundError, match='does not exist'):
        OnnxFeatures(tmp_path / 'nowhere.onnx')
    damaged = tmp_path / 'damaged.onnx'
    damaged.write_bytes(exported[1].read_bytes()[:1000])
    with pytest.raises(ValueError, match='no model that ONNX Runtime can run'):
        OnnxFeatures(damaged)
    foreign = onnx.load(exported[1])
    del foreign.metadata_props[:]
    onnx.save(foreign, tmp_path / 'foreign.onnx')
    with pytest.raises(ValueError, match='does not say what it takes'):
        OnnxFeatures(tmp_path / 'foreign.onnx')


def test_a_description_builds_nothing_but_transforms(exported):
    info = replace(
        exported[0].info, pipeline=[{'type': 'subprocess.call', 'args': 'ls'}]
    )
    with pytest.raises(ValueError, match='does not say') as caught:
        ModelInfo.from_json(info.as_json(), 'evil.onnx')
    assert "builds 'subprocess.call'" in str(caught.value)
    values = json.loads(exported[0].info.as_json())
    values['identity']['height'] = 'tall'
    with pytest.raises(ValueError, match='does not say'):
        ModelInfo.from_json(json.dumps(values), 'evil.onnx')


def test_a_device_out_of_reach_is_refused(exported):
    with pytest.raises(ValueError, match="cannot use the device 'tpu'"):
        OnnxFeatures(exported[1], 'tpu')


def test_a_missing_package_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    with pytest.raises(ImportError, match=r"onnxruntime.*'\.\[export\]'"):
        OnnxFeatures(tmp_path / 'model.onnx')
