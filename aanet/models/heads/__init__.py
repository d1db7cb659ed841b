from .bnneck_head import BNNeckHead
from .pcb_trihard_head import PCBTriHardHead

__all__ = ['BNNeckHead', 'PCBTriHardHead']
