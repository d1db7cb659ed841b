"""What each component of a model does in a training step or a feature."""

from aanet.diagnosis.averages import mean_figures
from aanet.diagnosis.measure import measure
from aanet.diagnosis.parts import part_figures

__all__ = ['mean_figures', 'measure', 'part_figures']
