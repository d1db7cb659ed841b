from .batch_size_check_hook import BatchSizeCheckHook
from .checkpoint_match_hook import CheckpointMatchHook
from .diagnosis_hook import DiagnosisHook
from .extraction_time_hook import ExtractionTimeHook
from .finite_loss_hook import FiniteLossHook
from .iteration_seed_hook import IterationSeedHook
from .num_classes_check_hook import NumClassesCheckHook
from .reid_visualization_hook import ReIDVisualizationHook
from .safe_checkpoint_hook import SafeCheckpointHook
from .skipped_images_hook import SkippedImagesHook
from .throughput_hook import ThroughputHook

__all__ = [
    'BatchSizeCheckHook',
    'CheckpointMatchHook',
    'DiagnosisHook',
    'ExtractionTimeHook',
    'FiniteLossHook',
    'IterationSeedHook',
    'NumClassesCheckHook',
    'ReIDVisualizationHook',
    'SafeCheckpointHook',
    'SkippedImagesHook',
    'ThroughputHook',
]
