from .reid_net import ReIDNet

__all__ = ['ReIDNet']
