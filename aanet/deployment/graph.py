"""The computation that is exported: from bytes to features."""

import copy

import torch
from mmengine.model import BaseModel
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram


class ReIDGraph(nn.Module):
    """A model with its data preprocessor in front, and nothing behind it.

    The preprocessor is the model's own, so that channel order and
    normalization cannot differ from those of training. It computes in fp32
    whatever the precision: a mean of 123.675 is no number of fp16.

    Args:
        model (BaseModel): A :class:`~aanet.models.reid.ReIDNet` in
            evaluation mode. It is left as it is.
        half (bool): Weights and maps in fp16; heads that turn to fp32 by
            themselves, as ours does, do so. Defaults to False.
    """

    def __init__(self, model: BaseModel, half: bool = False) -> None:
        super().__init__()
        self.model = copy.deepcopy(model) if half else model
        self.dtype = torch.float16 if half else torch.float32
        if half:
            for name, part in self.model.named_children():
                if name != 'data_preprocessor':
                    part.half()
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """Features of raw images.

        Args:
            images (Tensor): As the test pipeline gives them, uint8, BGR,
                shape (N, 3, H, W).

        Returns:
            Tensor: Features, float32, shape (N, D).
        """
        data = self.model.data_preprocessor({'inputs': images})
        inputs = data['inputs'].to(self.dtype)
        return self.model(inputs, mode='tensor').float()


def trace(graph: ReIDGraph, size: tuple[int, int]) -> ExportedProgram:
    """Record the computation for batches of any length.

    Args:
        graph (ReIDGraph): The computation.
        size (tuple[int, int]): Height and width of an image; they are fixed.

    Returns:
        ExportedProgram: With one input, ``images``.

    Raises:
        ValueError: If some layer cannot be recorded.
    """
    images = torch.zeros(2, 3, *size, dtype=torch.uint8)
    shapes = ({0: Dim('batch', min=1)},)
    try:
        with torch.no_grad():
            return torch.export.export(graph, (images,), dynamic_shapes=shapes)
    except (RuntimeError, torch._dynamo.exc.TorchDynamoException) as error:
        raise ValueError(f'torch.export fails: {first_line(error)}') from error


def first_line(error: BaseException) -> str:
    """What an exporter says before it goes on for pages.

    Args:
        error (BaseException): The error.

    Returns:
        str: Its first line, at most 200 characters.
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]
