import warnings

# mmpretrain imports an op that mmcv-lite lacks and re-identification never
# uses; the warning would be the first thing that every user sees.
warnings.filterwarnings('ignore', message='Fail to import ``MultiScale')

from .attention import *  # noqa: E402, F403
from .backbones import *  # noqa: E402, F403
from .heads import *  # noqa: E402, F403
from .losses import *  # noqa: E402, F403
from .necks import *  # noqa: E402, F403
from .reid import *  # noqa: E402, F403
