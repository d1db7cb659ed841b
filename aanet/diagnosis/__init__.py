"""What each component of a model does in a training step."""

from aanet.diagnosis.averages import mean_figures
from aanet.diagnosis.measure import measure

__all__ = ['mean_figures', 'measure']
