"""Metrics of the scope ``aanet``."""

from aanet.evaluation.metrics.reid_metric import ReIDMetric

__all__ = ['ReIDMetric']
