import numpy as np
import pytest
import torch

from aanet.apis import ReIDInferencer
from aanet.apis.backends import open_backend


@pytest.fixture
def people():
    """Three pictures in memory."""
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (80, 40, 3), np.uint8) for _ in range(3)]


def test_the_inferencer_gives_the_features_of_pytorch(exported, files, people):
    onnx = ReIDInferencer(
        str(exported[1]), backend='onnxruntime', show_progress=False
    )
    torch_ = ReIDInferencer(*files, device='cpu', show_progress=False)
    ours, theirs = onnx.extract(people), torch_.extract(people)
    np.testing.assert_allclose(ours.features, theirs.features, atol=1e-6)
    # Features of either are features of the other.
    distances = onnx.distances(people, theirs)
    torch.testing.assert_close(
        distances.diagonal(), torch.zeros(3), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize('named', [(None, None), ('a.onnx', 'b.pth')])
def test_the_backend_takes_one_file(named):
    with pytest.raises(ValueError, match='takes one file'):
        open_backend('onnxruntime', *named)
