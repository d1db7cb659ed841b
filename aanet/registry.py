"""Registry nodes of the scope ``aanet``, children of mmengine's roots.

``default_scope = 'aanet'`` in a config is all that is needed: mmengine then
imports this module, and each node imports its ``locations`` at its first
look-up. Names borrowed from mmpretrain carry their prefix
(``mmpretrain.CrossEntropyLoss``).
"""

from mmengine.registry import DATA_SAMPLERS as MMENGINE_DATA_SAMPLERS
from mmengine.registry import DATASETS as MMENGINE_DATASETS
from mmengine.registry import HOOKS as MMENGINE_HOOKS
from mmengine.registry import LOG_PROCESSORS as MMENGINE_LOG_PROCESSORS
from mmengine.registry import LOOPS as MMENGINE_LOOPS
from mmengine.registry import METRICS as MMENGINE_METRICS
from mmengine.registry import MODEL_WRAPPERS as MMENGINE_MODEL_WRAPPERS
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmengine.registry import (
    OPTIM_WRAPPER_CONSTRUCTORS as MMENGINE_OPTIM_WRAPPER_CONSTRUCTORS,
)
from mmengine.registry import OPTIM_WRAPPERS as MMENGINE_OPTIM_WRAPPERS
from mmengine.registry import OPTIMIZERS as MMENGINE_OPTIMIZERS
from mmengine.registry import PARAM_SCHEDULERS as MMENGINE_PARAM_SCHEDULERS
from mmengine.registry import TRANSFORMS as MMENGINE_TRANSFORMS
from mmengine.registry import VISBACKENDS as MMENGINE_VISBACKENDS
from mmengine.registry import VISUALIZERS as MMENGINE_VISUALIZERS
from mmengine.registry import (
    WEIGHT_INITIALIZERS as MMENGINE_WEIGHT_INITIALIZERS,
)
from mmengine.registry import Registry

from aanet.utils.safe_loading import install_safe_loading
from aanet.utils.safe_saving import install_safe_saving


def _node(parent: Registry, *locations: str) -> Registry:
    """A child of ``parent`` in the scope ``aanet``."""
    return Registry(
        parent.name,
        parent=parent,
        scope='aanet',
        locations=[f'aanet.{location}' for location in locations],
    )


DATASETS = _node(MMENGINE_DATASETS, 'datasets')
DATA_SAMPLERS = _node(MMENGINE_DATA_SAMPLERS, 'datasets.samplers')
TRANSFORMS = _node(MMENGINE_TRANSFORMS, 'datasets')
MODELS = _node(MMENGINE_MODELS, 'models')
METRICS = _node(MMENGINE_METRICS, 'evaluation')
HOOKS = _node(MMENGINE_HOOKS, 'engine')
LOOPS = _node(MMENGINE_LOOPS, 'engine')
OPTIMIZERS = _node(MMENGINE_OPTIMIZERS, 'engine')
OPTIM_WRAPPERS = _node(MMENGINE_OPTIM_WRAPPERS, 'engine')
OPTIM_WRAPPER_CONSTRUCTORS = _node(
    MMENGINE_OPTIM_WRAPPER_CONSTRUCTORS, 'engine'
)
PARAM_SCHEDULERS = _node(MMENGINE_PARAM_SCHEDULERS, 'engine')
LOG_PROCESSORS = _node(MMENGINE_LOG_PROCESSORS, 'engine')
MODEL_WRAPPERS = _node(MMENGINE_MODEL_WRAPPERS, 'models')
WEIGHT_INITIALIZERS = _node(MMENGINE_WEIGHT_INITIALIZERS, 'models')
VISUALIZERS = _node(MMENGINE_VISUALIZERS, 'visualization')
VISBACKENDS = _node(MMENGINE_VISBACKENDS, 'visualization')

# mmengine's loader refuses its own checkpoints under torch >= 2.6, its forks'
# runs whatever code they hold, and its writer leaves half a file when it is
# killed. All are replaced here, in the first module that any use of the scope
# imports.
install_safe_loading()
install_safe_saving()
