"""What an exported file says of itself."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from aanet.apis.model_identity import ModelIdentity
from aanet.apis.trusted_types import check_types
from aanet.registry import TRANSFORMS
from aanet.version import __version__

KEY = 'aanet'
"""Name of the description among a file's metadata."""


@dataclass(frozen=True)
class ModelInfo:
    """Where an exported model comes from, and what it takes and gives.

    Attributes:
        identity (ModelIdentity): Config, size of an image, length of a
            feature, and hash of the weights before they were exported.
        checkpoint (str): File name of the checkpoint.
        precision (str): ``'fp32'``, ``'fp16'`` or ``'int8'``.
        pipeline (list[dict]): Settings of the transforms that bring an
            image to the input.
        images (str): What the input holds.
        version (str): Version of aanet that wrote the file.
    """

    identity: ModelIdentity
    checkpoint: str
    precision: str
    pipeline: list[dict]
    images: str = 'uint8, BGR, 0 to 255, not normalized'
    version: str = __version__

    def as_json(self) -> str:
        """The description as a file keeps it, under :data:`KEY`."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str, path: str | Path) -> 'ModelInfo':
        """Read what :meth:`as_json` wrote.

        Args:
            text (str): The text, empty if the file has none.
            path (str | Path): The file, for the message.

        Returns:
            ModelInfo: The description.

        Raises:
            ValueError: If it is none, or names transforms that could run
                code of the file's author.
        """
        try:
            values = json.loads(text)
            identity = ModelIdentity.from_dict(values.pop('identity'))
            info = cls(identity=identity, **values)
            check_types(info.pipeline, TRANSFORMS)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f'{path} does not say what it takes and gives ({error}): use '
                'a file that tools/deployment/export_onnx.py wrote.'
            ) from error
        return info
