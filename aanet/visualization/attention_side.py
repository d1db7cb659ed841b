"""What stands beside the maps of a model: cosines, and how to read it all."""

from dataclasses import dataclass
from string import ascii_lowercase

import numpy as np

from aanet.visualization.canvas import Canvas
from aanet.visualization.model_attention import Attention

# Inches.
_LABELS = 0.3
_HEADING = 0.25
_GAP = 0.35
_TEXT_WIDTH, _TEXT_HEIGHT = 2.6, 2.2
_CELL, _SMALL_CELL = 0.5, 0.4
_FEW = 12

_WITH_AAM = """\
Class activation map of the training
class that AAM's classifier scores
highest: a person of the test set has
no class of its own. White: AAM's crop.
Bars: attention vector, 0 to 1, in the
rows of the crop."""
_WITHOUT_AAM = """\
Mean activation of the last map: the
model has no AAM, hence neither class
activation nor crop. Bars: the map's
row means, 0 to 1."""
_STRIPES = """\
Stripes: class activation of each
stripe's own classifier (Grad-CAM)."""
_SCALE = """\
Every map is scaled by itself, from
blue (lowest) to red (highest)."""


def letter(number: int) -> str:
    """Name of an image within a sheet."""
    return ascii_lowercase[number] if number < 26 else str(number)


@dataclass(frozen=True)
class Side:
    """The matrix of cosines above the notes; one image has no matrix.

    Attributes:
        attention (Attention): What is shown beside it.
    """

    attention: Attention

    @property
    def width(self) -> float:
        """Inches that it needs."""
        return max(_TEXT_WIDTH, _LABELS + self._matrix)

    @property
    def height(self) -> float:
        """Inches that it needs."""
        return self._notes + _TEXT_HEIGHT

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        """Draw it.

        Args:
            canvas (Canvas): Where to.
            left (float): Left edge in inches.
            top (float): Upper edge in inches.
        """
        if self._matrix:
            self._draw_cosines(canvas, left, top)
        bare = self.attention.classes is None
        notes = [_WITHOUT_AAM if bare else _WITH_AAM]
        if self.attention.stripes:
            notes.append(_STRIPES)
        canvas.text(
            left,
            top + self._notes,
            '\n\n'.join([*notes, _SCALE]),
            size=8,
            color='#4a5568',
            linespacing=1.4,
        )

    @property
    def _matrix(self) -> float:
        """Edge of the matrix; 0 where there is nothing to compare."""
        count = len(self.attention.vectors)
        if count == 1:
            return 0.0
        return count * (_CELL if count <= _FEW else _SMALL_CELL)

    @property
    def _notes(self) -> float:
        """Where the notes begin."""
        return _HEADING + self._matrix + _GAP if self._matrix else 0.0

    def _draw_cosines(self, canvas: Canvas, left: float, top: float) -> None:
        cosines = self.attention.cosines
        count = len(cosines)
        bare = self.attention.classes is None
        named = 'row means' if bare else 'attention vectors'
        canvas.text(left, top, f'cosine of {named}', size=10)
        axes = canvas.axes(
            left + _LABELS, top + _HEADING, self._matrix, self._matrix
        )
        # Pale, so that the figures stay legible.
        axes.imshow(cosines, cmap='Blues', vmin=0, vmax=2, aspect='auto')
        letters = [letter(number) for number in range(count)]
        axes.set_xticks(range(count), letters)
        axes.set_yticks(range(count), letters)
        axes.tick_params(length=0)
        for (row, column), cosine in np.ndenumerate(cosines):
            axes.text(
                column, row, f'{cosine:.2f}', ha='center', va='center', size=8
            )
