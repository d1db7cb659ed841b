"""Do two sets of features come from the same model?"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class ModelIdentity:
    """What decides the features of a model.

    Attributes:
        name (str): How to call it, for messages.
        height (int): Height of an image, in pixels.
        width (int): Width of an image, in pixels.
        feature_dim (int): Length D of a feature.
        flip_test (bool): Whether the mirrored image's feature is added.
        checkpoint_sha256 (str): Hash of the checkpoint's bytes.
        weights_sha256 (str): Hash of the weights alone, the same in every
            file that holds them; '' where it is not known. Defaults to ''.
    """

    name: str
    height: int
    width: int
    feature_dim: int
    flip_test: bool
    checkpoint_sha256: str
    weights_sha256: str = ''

    def agrees_with(self, other: 'ModelIdentity') -> bool:
        """Whether both give the same features, up to rounding.

        Args:
            other (ModelIdentity): The other one.

        Returns:
            bool: Whether the weights are equal, or else the files, and all
            the rest but the name.
        """
        names = ('height', 'width', 'feature_dim', 'flip_test')
        if any(getattr(self, n) != getattr(other, n) for n in names):
            return False
        if self.weights_sha256 and other.weights_sha256:
            return self.weights_sha256 == other.weights_sha256
        return self.checkpoint_sha256 == other.checkpoint_sha256

    def __str__(self) -> str:
        flip = ', mirrored too' if self.flip_test else ''
        digits = (self.weights_sha256 or self.checkpoint_sha256)[:8]
        return (
            f'{self.name} ({digits}; {self.height} x {self.width}{flip}; '
            f'{self.feature_dim} numbers)'
        )

    def as_dict(self) -> dict[str, Any]:
        """The attributes, as JSON takes them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> 'ModelIdentity':
        """Undo :meth:`as_dict`.

        Args:
            values (Mapping[str, Any]): The attributes.

        Returns:
            ModelIdentity: The identity.

        Raises:
            ValueError: If they are others.
        """
        kinds = {field.name: field.type for field in fields(cls)}
        if {name: type(value) for name, value in values.items()} != kinds:
            raise ValueError('its description of the model is damaged')
        return cls(**values)


def hash_file(path: str | Path) -> str:
    """SHA-256 of a file, as 64 hex digits."""
    digest = hashlib.sha256()
    with Path(path).open('rb') as file:
        while chunk := file.read(2**20):
            digest.update(chunk)
    return digest.hexdigest()


def hash_weights(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 of names, types, shapes and values, in the order of the names.

    Args:
        weights (Mapping[str, Tensor]): A ``state_dict``.

    Returns:
        str: 64 hex digits.
    """
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f'{name} {tensor.dtype} {tensor.shape}\n'.encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
