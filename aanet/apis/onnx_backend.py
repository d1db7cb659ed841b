"""Features by ONNX Runtime, from an exported file."""

from typing import TYPE_CHECKING

from mmengine.config import Config

if TYPE_CHECKING:
    from aanet.deployment.features import OnnxFeatures


def open_onnx(
    model: str | Config | None = None,
    weights: str | None = None,
    device: str | None = None,
) -> 'OnnxFeatures':
    """Open an exported model.

    Args:
        model (str | Config | None): Path of a file that
            ``tools/deployment/export_onnx.py`` wrote. Defaults to None,
            which is refused.
        weights (str | None): Must be None: the file holds them. Defaults to
            None.
        device (str | None): ``'cpu'`` or ``'cuda'``. Defaults to None,
            which is a GPU if this ONNX Runtime has one.

    Returns:
        OnnxFeatures: The model.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If onnxruntime is missing.
        ValueError: If the file is another one.
    """
    # That package is built on this one.
    from aanet.deployment.features import OnnxFeatures

    if not isinstance(model, str) or weights is not None:
        raise ValueError(
            "the backend 'onnxruntime' takes one file, which holds its "
            'weights: model.onnx, written by tools/deployment/export_onnx.py.'
        )
    return OnnxFeatures(model, device)
