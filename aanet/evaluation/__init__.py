"""Evaluation: pure ranking functions and the metric that calls them."""

from aanet.evaluation.metrics import ReIDMetric

__all__ = ['ReIDMetric']
