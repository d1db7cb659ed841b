from .base import BaseAttention
from .ca import CAModule
from .fca import FCAModule
from .ha import HAModule
from .msa import MSAModule
from .ofa import OFAModule
from .sa import SAModule
from .soa import SOAModule
from .three_d import ThreeDAModule

__all__ = [
    'BaseAttention',
    'CAModule',
    'FCAModule',
    'HAModule',
    'MSAModule',
    'OFAModule',
    'SAModule',
    'SOAModule',
    'ThreeDAModule',
]
