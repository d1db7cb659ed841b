"""Normalization of a batch on the device, without spare copies."""

from collections.abc import Sequence
from typing import Any

import torch
from mmpretrain.models import ClsDataPreprocessor
from torch import Tensor

from aanet.registry import MODELS


@MODELS.register_module()
class ReIDDataPreprocessor(ClsDataPreprocessor):
    """Makes RGB floats, normalized, of BGR bytes.

    Gives what :class:`mmpretrain.models.ClsDataPreprocessor` gives, whose
    arguments it has, but holds one float copy of the batch instead of three.
    On a CPU, that is what its time goes into.

    Args:
        mean (Sequence[float]): Means of R, G, B.
        std (Sequence[float]): Standard deviations of R, G, B.
        to_rgb (bool): Whether the images come as BGR. Defaults to False.
        **kwargs (Any): As in mmpretrain's class.
    """

    def __init__(
        self,
        mean: Sequence[float],
        std: Sequence[float],
        to_rgb: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(mean, std, **kwargs)
        # Both are done here, before the base class could do them.
        self._enable_normalize = False
        self.reverse_channels = to_rgb

    def forward(self, data: dict, training: bool = False) -> dict:
        """Move a batch to the device and prepare it.

        Args:
            data (dict): ``inputs``, a tensor (N, 3, H, W) or a list of
                (3, H, W), and perhaps ``data_samples``.
            training (bool): Whether to mix images, if the settings say so.
                Defaults to False.

        Returns:
            dict: The same, ``inputs`` being floats (N, 3, H, W).
        """
        inputs = self.cast_data(data['inputs'])
        if isinstance(inputs, Tensor):
            inputs = self._normalize(inputs)
        else:
            inputs = [self._normalize(image) for image in inputs]
        return super().forward({**data, 'inputs': inputs}, training)

    def _normalize(self, inputs: Tensor) -> Tensor:
        """Floats of images, (..., 3, H, W), which are left alone."""
        if self.reverse_channels:
            inputs = inputs.flip(-3)
        inputs = inputs.to(torch.float32, copy=True)
        return inputs.sub_(self.mean).div_(self.std)
