"""The model: backbone, neck and head."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseModel
from mmpretrain.structures import DataSample
from torch import Tensor

from aanet.models.pretrained import offline_hint
from aanet.models.utils import attach_features
from aanet.registry import MODELS


@MODELS.register_module()
class ReIDNet(BaseModel):
    """Backbone, neck and head of a re-identification model.

    It routes and knows no loss: the head and the neck bring their own.

    Args:
        backbone (dict): Config of the backbone, images to a tuple of maps.
        head (dict): Config of the head, with ``loss(feats, data_samples)``
            and ``forward(feats)`` giving features of shape (N, D).
        neck (dict | None): Config of the neck, maps to maps; its ``loss``,
            if it has one, is added in training. Defaults to None.
        data_preprocessor (dict | None): Config of the preprocessor. Defaults
            to ``dict(type='mmpretrain.ClsDataPreprocessor')``.
        flip_test (bool): Add the mirrored image's feature at test time.
            Defaults to False.
        channels_last (bool): Keep weights and images in channels-last
            memory, which is faster on CPUs and with mixed precision on
            GPUs. Defaults to False.
        compile (bool | dict): Compile the backbone with
            :func:`torch.compile`, with these arguments if a dict; keys of
            checkpoints stay. The first step takes minutes then. Defaults to
            False.
        init_cfg (dict | None): Initialization. Defaults to None.
    """

    def __init__(
        self,
        backbone: dict,
        head: dict,
        neck: dict | None = None,
        data_preprocessor: dict | None = None,
        flip_test: bool = False,
        channels_last: bool = False,
        compile: bool | dict = False,
        init_cfg: dict | None = None,
    ) -> None:
        preprocessor = dict(data_preprocessor or {})
        preprocessor.setdefault('type', 'mmpretrain.ClsDataPreprocessor')
        super().__init__(
            data_preprocessor=MODELS.build(preprocessor), init_cfg=init_cfg
        )
        self.backbone = MODELS.build(backbone)
        self.neck = None if neck is None else MODELS.build(neck)
        self.head = MODELS.build(head)
        self.flip_test = flip_test
        self.channels_last = channels_last
        if channels_last:
            self.to(memory_format=torch.channels_last)
        if compile is not False:
            # In place, unlike torch.compile, which would rename the keys.
            options = {} if compile is True else dict(compile)
            self.backbone.compile(**options)

    def forward(
        self,
        inputs: Tensor,
        data_samples: list[DataSample] | None = None,
        mode: str = 'tensor',
    ) -> Any:
        """Dispatch by mode.

        Args:
            inputs (Tensor): Preprocessed images, shape (N, 3, H, W).
            data_samples (list[DataSample] | None): Their annotations.
                Defaults to None.
            mode (str): ``'loss'``, ``'predict'`` or ``'tensor'``. Defaults
                to ``'tensor'``.

        Returns:
            Any: A dict of losses, a list of data samples with
            ``pred_feature``, or features of shape (N, D).

        Raises:
            ValueError: If the mode is unknown.
        """
        if self.channels_last:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        if mode == 'loss':
            return self.loss(inputs, data_samples or [])
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        if mode == 'tensor':
            return self.extract_feature(inputs)
        raise ValueError(
            f"mode must be 'loss', 'predict' or 'tensor', got {mode!r}."
        )

    def init_weights(self) -> None:
        """Initialize, with pretrained weights where the config says so.

        Raises:
            FileNotFoundError: If weights cannot be downloaded; the message
                says which file to put where.
        """
        with offline_hint(self):
            super().init_weights()

    def extract_maps(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Maps of backbone and neck.

        Args:
            inputs (Tensor): Preprocessed images, shape (N, 3, H, W).

        Returns:
            tuple[Tensor, ...]: Maps, the last of shape (N, C, H', W').
        """
        feats = self.backbone(inputs)
        return feats if self.neck is None else self.neck(feats)

    def extract_feature(self, inputs: Tensor) -> Tensor:
        """Test features, with the mirrored image's added if so configured.

        Args:
            inputs (Tensor): Preprocessed images, shape (N, 3, H, W).

        Returns:
            Tensor: Features of length 1, shape (N, D).
        """
        feature = self.head(self.extract_maps(inputs))
        if self.flip_test:
            mirrored = self.head(self.extract_maps(inputs.flip(3)))
            feature = F.normalize(feature + mirrored, dim=1)
        return feature

    def loss(
        self, inputs: Tensor, data_samples: list[DataSample]
    ) -> dict[str, Tensor | list[Tensor]]:
        """Losses of head and neck.

        Args:
            inputs (Tensor): Preprocessed images, shape (N, 3, H, W).
            data_samples (list[DataSample]): Samples with ``gt_label``.

        Returns:
            dict[str, Tensor | list[Tensor]]: Every loss by its name.
        """
        feats = self.extract_maps(inputs)
        losses = dict(self.head.loss(feats, data_samples))
        if self.neck is not None and hasattr(self.neck, 'loss'):
            losses.update(self.neck.loss(feats, data_samples))
        return losses

    def predict(
        self, inputs: Tensor, data_samples: list[DataSample] | None = None
    ) -> list[DataSample]:
        """Test features, in the data samples.

        Args:
            inputs (Tensor): Preprocessed images, shape (N, 3, H, W).
            data_samples (list[DataSample] | None): The batch's samples; new
                ones are made if None. Defaults to None.

        Returns:
            list[DataSample]: Samples with ``pred_feature``, shape (D,).
        """
        if self.flip_test:
            return attach_features(self.extract_feature(inputs), data_samples)
        return self.head.predict(self.extract_maps(inputs), data_samples)
