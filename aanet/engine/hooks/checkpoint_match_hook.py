"""Is the checkpoint one of this model?"""

import re
from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import Tensor

from aanet.registry import HOOKS
from aanet.utils.resume_state import check_resumable


@HOOKS.register_module()
class CheckpointMatchHook(Hook):
    """Refuse a checkpoint whose backbone is another than the model's.

    mmengine loads what fits and goes on with random weights for the rest;
    the log's warning is easily missed, and the scores are then those of
    noise. Classifiers may differ, as they do on another data set; a resumed
    run must fit as a whole, optimizer and schedulers included.
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
        given = _weights(checkpoint)
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
        if runner._resume:
            check_resumable(checkpoint, runner)


def _weights(checkpoint: Any) -> dict[str, Tensor]:
    """The weights, under the names that mmengine will look them up by."""
    if isinstance(checkpoint, dict):
        state = checkpoint.get('state_dict', checkpoint)
        if isinstance(state, dict):
            return {
                # As a model within DataParallel is saved.
                re.sub(r'^module\.', '', str(key)): value
                for key, value in state.items()
                if isinstance(value, Tensor)
            }
    raise ValueError(
        'the checkpoint holds no weights by name, neither in itself nor '
        f"under 'state_dict', but {type(checkpoint).__name__}: is it one of "
        'a whole model, or of something else?'
    )
