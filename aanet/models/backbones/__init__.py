from .mobilenet_v2_ofa import MobileNetV2OFA
from .resnet_ofa import ResNetOFA

__all__ = ['MobileNetV2OFA', 'ResNetOFA']
