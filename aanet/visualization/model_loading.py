"""A model for inference, from a config and a checkpoint."""

import copy

import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.runner import load_checkpoint

from aanet.registry import MODELS


def load_model(
    cfg: Config, checkpoint: str, device: str | torch.device = 'cpu'
) -> BaseModel:
    """Build the model of a config and fill it with a checkpoint.

    Nothing is downloaded, and no code of the checkpoint is run.

    Args:
        cfg (Config): A config with ``model``, and ``data_preprocessor`` in it
            or beside it.
        checkpoint (str): Path of the checkpoint.
        device (str | torch.device): Where to put the model. Defaults to
            ``'cpu'``.

    Returns:
        BaseModel: The model in evaluation mode.

    Raises:
        FileNotFoundError: If there is no such checkpoint.
        ValueError: If the checkpoint is damaged or of another model.
    """
    settings = copy.deepcopy(cfg.model)
    # The checkpoint brings every weight.
    settings.backbone.init_cfg = None
    # As the Runner does.
    settings.setdefault('data_preprocessor', cfg.get('data_preprocessor'))
    model = MODELS.build(settings)
    try:
        load_checkpoint(model, checkpoint, map_location='cpu', strict=True)
    except RuntimeError as error:
        first = ' '.join(str(error).splitlines()[1:]).strip()[:120]
        raise ValueError(
            f'checkpoint {checkpoint} is of another model ({first}...): use '
            'the config it was trained with.'
        ) from error
    return model.to(device).eval()
