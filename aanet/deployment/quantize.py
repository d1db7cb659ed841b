"""Weights and maps of 8 bits."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import Tensor

from aanet.deployment.features import INPUT
from aanet.utils.extras import import_extra

QUANTIZED_OPS = ['Conv', 'Gemm', 'MatMul']
"""Where nearly all the time goes. Normalization, gates, pooling and the head
stay in fp32: they cost little, and errors there are not averaged out."""


def quantize(model: Any, crops: Tensor) -> Any:
    """Static quantization, in the QDQ form.

    Weights get a scale for each output channel, and 7 of the 8 bits: CPUs
    without VNNI instructions add products up in 16 bits, where 8 can
    overflow. Maps get the range that they have on the crops.

    Args:
        model (onnx.ModelProto): The model in fp32.
        crops (Tensor): Images to calibrate with, uint8, (M, 3, H, W); they
            should look like those that the model will see.

    Returns:
        onnx.ModelProto: The quantized model.

    Raises:
        ImportError: If onnx or onnxruntime is missing.
    """
    onnx = import_extra('onnx', 'export')
    tools = import_extra('onnxruntime.quantization', 'export')
    shapes = import_extra('onnxruntime.quantization.shape_inference', 'export')
    with tempfile.TemporaryDirectory() as folder:
        prepared, out = Path(folder, 'fp32.onnx'), Path(folder, 'int8.onnx')
        shapes.quant_pre_process(
            model, prepared, skip_optimization=True, skip_symbolic_shape=True
        )
        tools.quantize_static(
            prepared,
            out,
            _Reader(crops),
            quant_format=tools.QuantFormat.QDQ,
            op_types_to_quantize=QUANTIZED_OPS,
            per_channel=True,
            reduce_range=True,
            activation_type=tools.QuantType.QUInt8,
            weight_type=tools.QuantType.QInt8,
            extra_options={'MatMulConstBOnly': True},
        )
        return onnx.load(out)


class _Reader:
    """Gives the crops one by one, as ONNX Runtime asks for them."""

    def __init__(self, crops: Tensor) -> None:
        self._crops: Iterator[Tensor] = iter(crops.split(1))

    def get_next(self) -> dict[str, Any] | None:
        """The next input, None at the end."""
        crop = next(self._crops, None)
        return None if crop is None else {INPUT: crop.numpy()}
