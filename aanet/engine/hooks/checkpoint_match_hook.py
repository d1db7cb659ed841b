"""Is the checkpoint one of this model?"""

from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from aanet.registry import HOOKS


@HOOKS.register_module()
class CheckpointMatchHook(Hook):
    """Refuse a checkpoint whose backbone is another than the model's.

    mmengine loads what fits and goes on with random weights for the rest;
    the log's warning is easily missed, and the scores are then those of
    noise. Classifiers may differ, as they do on another data set; a resumed
    run must fit as a whole.
    """

    def after_load_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Compare keys and shapes.

        Args:
            runner (Runner): The runner.
            checkpoint (dict[str, Any]): What was read from disk.

        Raises:
            ValueError: If the checkpoint does not fit.
        """
        model = runner.model
        model = model.module if is_model_wrapper(model) else model
        given = checkpoint.get('state_dict', checkpoint)
        wrong = [
            key
            for key, value in model.state_dict().items()
            if not key.endswith('num_batches_tracked')
            and (runner._resume or key.startswith('backbone.'))
            and (key not in given or given[key].shape != value.shape)
        ]
        unknown = [
            key
            for key in given
            if key.startswith('backbone.') and key not in model.state_dict()
        ]
        if wrong or unknown:
            raise ValueError(
                f'the checkpoint is of another model: {len(wrong)} weights '
                'of the model are missing in it or of another shape, '
                f'{len(unknown)} of its backbone are unknown to the model '
                f'(first: {(wrong + unknown)[0]}). Use the config it was '
                'trained with.'
            )
