from .angular_loss import AngularLoss
from .attention_cosine_distance_loss import AttentionCosineDistanceLoss
from .quadruplet_loss import QuadrupletLoss
from .ranking_loss import RankingLoss
from .trihard_loss import TriHardLoss

__all__ = [
    'AngularLoss',
    'AttentionCosineDistanceLoss',
    'QuadrupletLoss',
    'RankingLoss',
    'TriHardLoss',
]
