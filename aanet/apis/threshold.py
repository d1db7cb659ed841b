"""The distance beyond which two images do not show the same person."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

KINDS = {
    'pair': 'pairs of images of different persons',
    'query': 'images whose persons are not in the gallery',
}
"""What a false positive rate is a share of: the pairs within a validation
set; or its images, each accepted if anything in the gallery is near."""


@dataclass(frozen=True)
class Threshold:
    """A threshold and how it was found.

    Attributes:
        value (float): Accept what is nearer than this.
        fpr (float): Share of the negatives that it accepts at most.
        tpr (float | None): Share of the matches that it accepts; None if
            there were none.
        per (str): A key of ``KINDS``.
        images (int): Images it was found with, V.
        negatives (int): Negatives among them.
        matches (int): Matches among them.
    """

    value: float
    fpr: float
    tpr: float | None
    per: str
    images: int
    negatives: int
    matches: int

    def as_dict(self) -> dict[str, Any]:
        """The attributes, as JSON takes them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> 'Threshold':
        """Undo :meth:`as_dict`.

        Args:
            values (Mapping[str, Any]): The attributes.

        Returns:
            Threshold: The threshold.

        Raises:
            ValueError: If they are others.
        """
        found = cls(**values)
        numbers = (found.value, found.fpr, found.images, found.negatives)
        if found.per not in KINDS or not all(map(_is_number, numbers)):
            raise ValueError('its threshold is damaged')
        return found

    def __str__(self) -> str:
        text = (
            f'{self.value:.4f}, which accepts {100 * self.fpr:g}% of '
            f'{self.negatives} {KINDS[self.per]}'
        )
        if self.tpr is not None:
            text += f' and {100 * self.tpr:.1f}% of {self.matches} matches'
        return f'{text} ({self.images} images)'


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
