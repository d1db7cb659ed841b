from .batch_size_check_hook import BatchSizeCheckHook
from .checkpoint_match_hook import CheckpointMatchHook
from .extraction_time_hook import ExtractionTimeHook
from .iteration_seed_hook import IterationSeedHook
from .num_classes_check_hook import NumClassesCheckHook
from .reid_visualization_hook import ReIDVisualizationHook
from .throughput_hook import ThroughputHook

__all__ = [
    'BatchSizeCheckHook',
    'CheckpointMatchHook',
    'ExtractionTimeHook',
    'IterationSeedHook',
    'NumClassesCheckHook',
    'ReIDVisualizationHook',
    'ThroughputHook',
]
