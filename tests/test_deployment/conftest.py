"""Small models, as PyTorch runs them and as they are exported."""

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from aanet.apis.torch_backend import open_torch
from aanet.deployment import ModelInfo, OnnxFeatures
from aanet.deployment.export import write_export
from aanet.registry import MODELS
from tests.helpers.exports import PIPELINE, SIZE, TINY_MODEL
from tests.helpers.models import perturb


@pytest.fixture(scope='session')
def images():
    """Random pixels, (7, 3, 96, 48)."""
    generator = torch.Generator().manual_seed(1)
    return torch.randint(256, (7, 3, *SIZE), generator=generator).byte()


@pytest.fixture(scope='session')
def write_model(tmp_path_factory):
    """Write the tiny model, with changes: its config and its weights."""

    def write(**overrides):
        torch.manual_seed(0)
        settings = {**TINY_MODEL, **overrides}
        with DefaultScope.overwrite_default_scope('aanet'):
            model = perturb(MODELS.build(settings))
        path = tmp_path_factory.mktemp('weights') / 'tiny.pth'
        torch.save({'state_dict': model.state_dict()}, path)
        loader = {'dataset': {'pipeline': PIPELINE}}
        cfg = Config({'model': settings, 'test_dataloader': loader})
        return cfg, str(path)

    return write


@pytest.fixture(scope='session')
def files(write_model):
    """Config and weights of the tiny model."""
    return write_model()


@pytest.fixture(scope='session')
def original(files):
    """The tiny model in PyTorch."""
    return open_torch(*files, 'cpu')


@pytest.fixture(scope='session')
def export(tmp_path_factory):
    """Export a model, and open the file."""
    pytest.importorskip('onnxruntime', reason='the extra [export] is missing')
    pytest.importorskip('onnxscript', reason='the extra [export] is missing')

    def write(backend, precision='fp32', calibration=None):
        info = ModelInfo(backend.identity, 'tiny.pth', precision, PIPELINE)
        path = tmp_path_factory.mktemp('export') / f'{precision}.onnx'
        write_export(backend.model, path, info, calibration)
        return OnnxFeatures(path, 'cpu'), path

    return write


@pytest.fixture(scope='session')
def exported(export, original):
    """The tiny model in fp32, as a file: its features and its path."""
    return export(original)
