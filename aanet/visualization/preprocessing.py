"""What a network is fed, made visible again."""

from typing import Any

import numpy as np
import torch
from mmengine.config import Config

from aanet.registry import MODELS


class Preprocessing:
    """The preprocessor of a config's model, and the way back.

    Args:
        cfg (Config): A config with ``data_preprocessor`` in its model or
            beside it.
    """

    def __init__(self, cfg: Config) -> None:
        settings = cfg.model.get('data_preprocessor')
        settings = settings or cfg.get('data_preprocessor') or {}
        self._settings: dict[str, Any] = {
            'type': 'mmpretrain.ClsDataPreprocessor',
            **settings,
        }
        self._preprocessor = MODELS.build(dict(self._settings))

    @torch.no_grad()
    def show(self, batch: dict) -> np.ndarray:
        """Preprocess a batch as in training, and undo the normalization.

        Args:
            batch (dict): What the data loader gives.

        Returns:
            np.ndarray: RGB, uint8, shape (N, H, W, 3).
        """
        inputs = self._preprocessor(batch, True)['inputs']
        if self._settings.get('mean') is not None:
            mean, std = (
                torch.tensor(self._settings[key]).view(-1, 1, 1)
                for key in ('mean', 'std')
            )
            inputs = inputs * std + mean
        if not self._settings.get('to_rgb', False):
            inputs = inputs.flip(1)
        visible = inputs.round().clamp(0, 255).byte()
        return visible.permute(0, 2, 3, 1).cpu().numpy()
