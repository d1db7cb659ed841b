from .reid_data_preprocessor import ReIDDataPreprocessor
from .reid_net import ReIDNet

__all__ = ['ReIDDataPreprocessor', 'ReIDNet']
