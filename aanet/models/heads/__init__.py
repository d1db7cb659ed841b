from .pcb_trihard_head import PCBTriHardHead

__all__ = ['PCBTriHardHead']
