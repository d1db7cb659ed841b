from .hooks import *  # noqa: F403
from .loops import ResumableEpochTrainLoop
from .optim_wrapper import BF16OptimWrapper

__all__ = ['BF16OptimWrapper', 'ResumableEpochTrainLoop']
