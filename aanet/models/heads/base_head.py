"""What every head of a re-identification model does alike."""

from __future__ import annotations

from mmengine.model import BaseModule
from mmpretrain.structures import DataSample
from torch import Tensor

from aanet.models.utils import attach_features


class BaseHead(BaseModule):
    """A head whose ``forward`` gives the test features.

    A subclass adds ``loss(feats, data_samples)`` and ``feat_dim``.
    """

    def predict(
        self,
        feats: tuple[Tensor, ...],
        data_samples: list[DataSample | None] | None = None,
    ) -> list[DataSample]:
        """Put the test features into the data samples.

        Args:
            feats (tuple[Tensor, ...]): Maps of the backbone.
            data_samples (list[DataSample | None] | None): The batch's
                samples; new ones are made if None. Defaults to None.

        Returns:
            list[DataSample]: Samples with ``pred_feature``, a feature of
            length ``feat_dim``.
        """
        return attach_features(self(feats), data_samples)
