"""From a model to an ``.onnx`` file."""

from pathlib import Path
from typing import Any

import torch
from mmengine.model import BaseModel
from torch import Tensor
from torch.export import ExportedProgram

from aanet.deployment.features import INPUT, OUTPUT
from aanet.deployment.graph import ReIDGraph, first_line, trace
from aanet.deployment.model_info import KEY, ModelInfo
from aanet.deployment.quantize import quantize
from aanet.utils.extras import import_extra

OPSET = 18
"""Version of the ONNX operators: the first that has all that is needed, and
one that every PyTorch from 2.6 on can write."""


def write_export(
    model: BaseModel,
    path: Path,
    info: ModelInfo,
    calibration: Tensor | None = None,
) -> None:
    """Export a model with its description.

    Args:
        model (BaseModel): In evaluation mode, on the CPU; it is left as it
            is.
        path (Path): Where to, whatever its name; it is written in place.
        info (ModelInfo): The description. Brings the precision and the size
            of an image.
        calibration (Tensor | None): Images for int8, uint8, BGR, shape
            (M, 3, H, W). Defaults to None.

    Raises:
        ImportError: If a package of the extra ``export`` is missing.
        ValueError: If the model cannot be exported.
    """
    onnx = import_extra('onnx', 'export')
    graph = ReIDGraph(model, half=info.precision == 'fp16')
    size = info.identity.height, info.identity.width
    exported = _translate(trace(graph, size))
    if info.precision == 'int8':
        assert calibration is not None
        exported = quantize(exported, calibration)
    onnx.helper.set_model_props(exported, {KEY: info.as_json()})
    onnx.checker.check_model(exported)
    path.write_bytes(exported.SerializeToString())


def _translate(program: ExportedProgram) -> Any:
    """The ``onnx.ModelProto`` of a traced model."""
    import_extra('onnxscript', 'export')
    try:
        translated = torch.onnx.export(
            program,
            input_names=[INPUT],
            output_names=[OUTPUT],
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    except torch.onnx.OnnxExporterError as error:
        reason = first_line(error.__cause__ or error)
        raise ValueError(f'the model has no ONNX form: {reason}') from error
    assert translated is not None
    model = translated.model_proto
    _strip(model.graph)
    return model


def _strip(graph: Any) -> None:
    """Leave PyTorch's notes out, the paths of its sources among them."""
    del graph.value_info[:]
    for items in (graph.node, graph.initializer, graph.input, graph.output):
        for item in items:
            del item.metadata_props[:]
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = 'batch'
