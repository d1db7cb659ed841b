"""Pure functions that rank features: tensors or arrays in, figures out."""

from aanet.evaluation.functional.distance import pairwise_distance
from aanet.evaluation.functional.rank import (
    RankResult,
    rank_distmat,
    rank_features,
)
from aanet.evaluation.functional.re_ranking import re_ranking
from aanet.evaluation.functional.roc import (
    RocResult,
    roc_distmat,
    roc_features,
)

__all__ = [
    'RankResult',
    'RocResult',
    'pairwise_distance',
    'rank_distmat',
    'rank_features',
    're_ranking',
    'roc_distmat',
    'roc_features',
]
