"""Features from an exported file.

Letters: N images, D numbers of a feature.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aanet.apis.model_identity import ModelIdentity
from aanet.deployment.graph import first_line
from aanet.deployment.model_info import KEY, ModelInfo
from aanet.utils.extras import import_extra

INPUT = 'images'
OUTPUT = 'features'


class OnnxFeatures:
    """Features of an ``.onnx`` file, by ONNX Runtime.

    A :class:`~aanet.apis.backends.Backend`. It uses as many threads as
    PyTorch does (``OMP_NUM_THREADS``, :func:`torch.set_num_threads`).

    Args:
        path (str | Path): A file of ``tools/deployment/export_onnx.py``.
        device (str | None): ``'cpu'`` or ``'cuda'``. Defaults to None,
            which is a GPU if this ONNX Runtime has one.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If onnxruntime is missing.
        ValueError: If the file is of another origin or damaged, or the
            device is out of reach.
    """

    def __init__(self, path: str | Path, device: str | None = None) -> None:
        runtime = import_extra('onnxruntime', 'export')
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        providers = _providers(runtime, device)
        file = str(existing(path))
        try:
            self._session = runtime.InferenceSession(
                file, options, providers=providers
            )
        # The runtime's errors share no narrower base.
        except Exception as error:
            raise ValueError(
                f'{path} is no model that ONNX Runtime can run: '
                f'{first_line(error)}'
            ) from error
        metadata = self._session.get_modelmeta().custom_metadata_map
        self.info = ModelInfo.from_json(metadata.get(KEY, ''), path)
        self.identity = self.info.identity
        self.pipeline = self.info.pipeline

    def __call__(self, images: Tensor | np.ndarray) -> Tensor:
        """Extract features.

        Args:
            images (Tensor | np.ndarray): uint8, BGR, shape (N, 3, H, W).

        Returns:
            Tensor: Features on the CPU, float32, shape (N, D).

        Raises:
            ValueError: If type or shape are others.
        """
        batch = as_images(images, self.identity).cpu().numpy()
        (feats,) = self._session.run([OUTPUT], {INPUT: batch})
        return torch.from_numpy(feats)


def existing(path: str | Path) -> Path:
    """The path of a file that is there.

    Args:
        path (str | Path): The path.

    Returns:
        Path: The same.

    Raises:
        FileNotFoundError: If there is no such file.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(
            f'{path} does not exist: tools/deployment/export_onnx.py writes '
            'exported models.'
        )
    return Path(path)


def as_images(images: Tensor | np.ndarray, model: ModelIdentity) -> Tensor:
    """Images that the model takes, or a sentence why they are none.

    Args:
        images (Tensor | np.ndarray): uint8, shape (N, 3, H, W).
        model (ModelIdentity): Brings height and width.

    Returns:
        Tensor: The same images.

    Raises:
        ValueError: If type or shape are others.
    """
    batch = torch.as_tensor(images)
    wanted = (3, model.height, model.width)
    if batch.dtype != torch.uint8 or batch.shape[1:] != wanted:
        raise ValueError(
            'the exported model takes bytes (uint8, BGR, not normalized) of '
            f'shape (N, {", ".join(map(str, wanted))}), got {batch.dtype} of '
            f'shape {tuple(batch.shape)}.'
        )
    return batch


def _providers(runtime: Any, device: str | None) -> list[str]:
    """What ONNX Runtime calls a device, the CPU for what that lacks."""
    cuda = 'CUDAExecutionProvider'
    able = cuda in runtime.get_available_providers()
    if device is None:
        device = 'cuda' if able else 'cpu'
    if device == 'cpu':
        return ['CPUExecutionProvider']
    if not device.startswith('cuda') or not able:
        raise ValueError(
            f'this ONNX Runtime cannot use the device {device!r}: choose '
            "'cpu', or for 'cuda' install onnxruntime-gpu in place of "
            'onnxruntime.'
        )
    return [cuda, 'CPUExecutionProvider']
