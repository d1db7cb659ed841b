from .base import BaseAttention
from .fca import FCAModule
from .msa import MSAModule
from .ofa import OFAModule

__all__ = ['BaseAttention', 'FCAModule', 'MSAModule', 'OFAModule']
