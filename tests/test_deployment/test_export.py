from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from mmengine.model import BaseModel

from aanet.apis.model_identity import ModelIdentity
from aanet.apis.torch_backend import open_torch
from aanet.deployment import export as export_module
from aanet.deployment.parity import TOLERANCES, check_batch_sizes, compare
from aanet.registry import MODELS
from tests.helpers.exports import PREPROCESSOR
from tests.helpers.models import TINY_RESNET


class Plain(BaseModel):
    """A model whose feature is what ``function`` makes of its input."""

    def __init__(self, function, **preprocessor):
        super().__init__(MODELS.build({**PREPROCESSOR, **preprocessor}))
        self.function = function

    def forward(self, inputs, data_samples=None, mode='tensor'):
        return self.function(inputs)


def means(inputs):
    return inputs.mean((2, 3))


def backend_of(function, height=4, width=4, **preprocessor):
    identity = ModelIdentity('plain', height, width, 3, False, 'hash')
    model = Plain(function, **preprocessor).eval()
    return SimpleNamespace(identity=identity, model=model)


@pytest.mark.parametrize(
    ('precision', 'preprocessor'),
    [
        ('fp32', 'ReIDDataPreprocessor'),
        ('fp16', 'ReIDDataPreprocessor'),
        ('fp32', 'mmpretrain.ClsDataPreprocessor'),
    ],
)
def test_the_graph_normalizes_bytes_once(export, precision, preprocessor):
    features, _ = export(backend_of(means, type=preprocessor), precision)
    image = torch.tensor([104, 118, 124], dtype=torch.uint8)
    image = image[None, :, None, None].expand(1, 3, 4, 4)
    red = (124 - 123.675) / 58.395
    green = (118 - 116.28) / 57.12
    blue = (104 - 103.53) / 57.375
    expected = torch.tensor([[red, green, blue]])
    # A mean rounded to fp16 would be off by 2e-4.
    torch.testing.assert_close(features(image), expected, rtol=0, atol=3e-5)


def test_fp32_equals_pytorch_at_every_batch_size(exported, original, images):
    features, _ = exported
    checks = check_batch_sizes(features, original, images, 5)
    assert list(checks) == [1, 5]
    for parity in checks.values():
        assert parity.max_distance < 5e-6 < TOLERANCES['fp32']
        assert parity.min_cosine > 1 - 1e-6
        assert parity.rank1_agreement == 1


@pytest.mark.parametrize('precision', ['fp16', 'int8'])
def test_lower_precisions_stay_near(
    export, exported, original, images, precision, monkeypatch
):
    import onnx

    if precision == 'int8':
        # It starts from the fp32 model, which takes long to translate.
        model = onnx.load(exported[1])
        monkeypatch.setattr(export_module, '_translate', lambda _: model)
    features, path = export(original, precision, images)
    assert path.stat().st_size < 0.7 * exported[1].stat().st_size
    assert features.info.precision == precision
    feats = features(images)
    assert feats.dtype == torch.float32
    distance = compare(original(images), feats).max_distance
    assert 1e-5 < distance < TOLERANCES[precision] / 4


def test_the_file_holds_what_computes_and_nothing_of_training(exported):
    import onnx

    _, path = exported
    model = onnx.load(path)
    versions = {o.domain: o.version for o in model.opset_import}
    assert versions[''] == export_module.OPSET
    for value in (*model.graph.input, *model.graph.output):
        dims = value.type.tensor_type.shape.dim
        assert dims[0].dim_param == 'batch'
    assert model.graph.input[0].type.tensor_type.elem_type == 2
    names = ' '.join(weight.name for weight in model.graph.initializer)
    assert 'backbone' in names
    assert 'parts' not in names and 'cam_fc' not in names
    operators = {node.op_type for node in model.graph.node}
    assert not operators & {'BatchNormalization', 'Dropout', 'If', 'Loop'}
    assert export_module.__file__.encode() not in path.read_bytes()
    assert b'site-packages' not in path.read_bytes()


def test_the_mirrored_image_is_added_inside(export, write_model, images):
    plain = {**TINY_RESNET, 'attention': None}
    files = write_model(backbone=plain, flip_test=True)
    original = open_torch(*files, 'cpu')
    features, _ = export(original)
    assert features.identity.flip_test
    reference = original(images)
    assert compare(reference, features(images)).max_distance < 5e-6
    original.model.flip_test = False
    assert compare(reference, original(images)).max_distance > 1e-2


@pytest.mark.parametrize('height', [24, 26])
def test_stripes_of_any_height_are_exact(export, height):
    def pool(inputs):
        return F.adaptive_avg_pool2d(inputs, (6, 1)).flatten(1)

    backend = backend_of(pool, height, 12)
    features, _ = export(backend)
    images = torch.randint(256, (3, 3, height, 12)).byte()
    data = backend.model.data_preprocessor({'inputs': images})
    torch.testing.assert_close(
        features(images), pool(data['inputs']), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize(
    ('function', 'message'),
    [
        (
            lambda x: F.adaptive_max_pool2d(x, (6, 1)),
            'no ONNX form: .*adaptive_max_pool2d',
        ),
        (lambda x: x if x.sum() > 0 else -x, r'torch\.export fails'),
    ],
)
def test_what_cannot_be_exported_is_one_sentence(export, function, message):
    with pytest.raises(ValueError, match=message) as caught:
        export(backend_of(function, 7))
    assert len(str(caught.value)) < 300
