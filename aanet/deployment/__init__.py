"""Models that leave PyTorch: exported, checked, quantized, published."""

from aanet.deployment.features import OnnxFeatures
from aanet.deployment.model_info import ModelInfo

__all__ = ['ModelInfo', 'OnnxFeatures']
