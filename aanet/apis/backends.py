"""What turns batches of images into features, one factory for each kind.

A backend is everything behind the preprocessing. Its contract:

- ``backend(images)`` takes a batch of bytes, uint8, BGR, not normalized, of
  shape (N, 3, H, W), N >= 1, and returns the features of exactly these
  images, in order, float32, shape (N, D), on the CPU. Normalization happens
  in there, once.
- ``backend.pipeline`` holds the settings of the transforms that bring an
  image to such bytes, the first of them a ``LoadImageFromFile``, which is
  left out for images in memory. They are built in the scope ``aanet``. A
  backend that knows no more than a size has ``[dict(type=
  'LoadImageFromFile'), dict(type='Resize', scale=(width, height)),
  dict(type='FastPackInputs')]``.
- ``backend.identity`` says which model it is. A gallery takes features of
  two backends for those of one model if their identities agree.

A factory takes what the user names: ``model``, a config, an exported file or
None; ``weights``, a checkpoint or None; ``device``, a device's name, or None
for the best there is. It raises FileNotFoundError, ValueError or ImportError
with one sentence for the user, and never runs code from a checkpoint. To add
a backend, write such a factory and enter it in ``BACKENDS``.

Letters: N images, H x W pixels, D numbers of a feature.
"""

from collections.abc import Callable
from typing import Protocol

from mmengine.config import Config
from torch import Tensor

from aanet.apis.model_identity import ModelIdentity
from aanet.apis.onnx_backend import open_onnx
from aanet.apis.torch_backend import open_torch


class Backend(Protocol):
    """A model for inference, see the module."""

    identity: ModelIdentity
    pipeline: list[dict]

    def __call__(self, images: Tensor) -> Tensor:
        """Images (N, 3, H, W), uint8 and BGR, to features (N, D)."""


Factory = Callable[[str | Config | None, str | None, str | None], Backend]

BACKENDS: dict[str, Factory] = {'onnxruntime': open_onnx, 'torch': open_torch}


def open_backend(
    name: str,
    model: str | Config | None = None,
    weights: str | None = None,
    device: str | None = None,
) -> Backend:
    """Open a model.

    Args:
        name (str): A key of ``BACKENDS``.
        model (str | Config | None): What the factory takes. Defaults to
            None.
        weights (str | None): The checkpoint. Defaults to None.
        device (str | None): Where to compute. Defaults to None, which is
            the best device there is.

    Returns:
        Backend: The model.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If the name is unknown or the files do not fit.
    """
    if name not in BACKENDS:
        raise ValueError(
            f'backend must be one of {sorted(BACKENDS)}, not {name!r}.'
        )
    return BACKENDS[name](model, weights, device)
