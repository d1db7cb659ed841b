from .hooks import *  # noqa: F403
from .loops import ResumableEpochTrainLoop
from .optim_wrapper import BF16OptimWrapper
from .partial_decay import NamedGroupConstructor, PartialMultiStepLR

__all__ = [
    'BF16OptimWrapper',
    'NamedGroupConstructor',
    'PartialMultiStepLR',
    'ResumableEpochTrainLoop',
]
