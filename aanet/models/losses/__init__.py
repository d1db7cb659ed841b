from .attention_cosine_distance_loss import AttentionCosineDistanceLoss
from .trihard_loss import TriHardLoss

__all__ = ['AttentionCosineDistanceLoss', 'TriHardLoss']
