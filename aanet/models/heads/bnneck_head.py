"""A global feature with a batch norm between its two losses."""

from __future__ import annotations

import torch.nn.functional as F
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from aanet.models.heads.base_head import BaseHead
from aanet.models.utils import stack_labels
from aanet.registry import MODELS

LABEL_SMOOTHING = {
    'type': 'mmpretrain.LabelSmoothLoss',
    'label_smooth_val': 0.1,
}
BATCH_HARD = {'type': 'TriHardLoss', 'intra_weight': 0.0}


@MODELS.register_module()
class BNNeckHead(BaseHead):
    r"""Head of the strong baseline with a batch norm neck.

    `Bag of Tricks and A Strong Baseline for Deep Person Re-identification
    <https://arxiv.org/abs/1903.07071>`_, section 3.5. The pooled map is the
    feature :math:`f_t`; a batch norm without shift makes :math:`f_i` of it:

    .. math::
        f_t = \operatorname{GAP}(x), \quad f_i = \operatorname{BN}(f_t),
        \quad L = L_{cls}(W f_i) + L_{triplet}(f_t)

    The metric loss compares Euclidean distances of :math:`f_t`, the
    classifier angles of :math:`f_i`, so that neither loss bends the other's
    space. The classifier has no bias and is not used in testing. What
    differs from the paper: its last trick, the center loss, is left out.

    Args:
        num_classes (int): Number of training identities.
        in_channels (int): Channels C of the last map.
        test_feature (str): The test feature: ``'after'`` the batch norm,
            f_i, or ``'before'`` it, f_t. Defaults to ``'after'``.
        loss_cls (dict): Config of the classifier's loss. Defaults to
            ``dict(type='mmpretrain.LabelSmoothLoss',
            label_smooth_val=0.1)``.
        loss_triplet (dict | None): Config of the metric loss, which sees
            f_t, not normalized; None leaves it out. Defaults to
            ``dict(type='TriHardLoss', intra_weight=0.0)``, the original
            batch-hard loss.
        init_cfg (dict | None): Initialization. Defaults to None.

    Raises:
        ValueError: If a switch has an unknown value.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        test_feature: str = 'after',
        loss_cls: dict = LABEL_SMOOTHING,
        loss_triplet: dict | None = BATCH_HARD,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if test_feature not in ('after', 'before'):
            raise ValueError(
                "model.head.test_feature must be 'after' or 'before' (the "
                f'batch norm), got {test_feature!r}.'
            )
        self.num_classes = num_classes
        self.in_channels = in_channels
        self.test_feature = test_feature
        self.bottleneck = nn.BatchNorm1d(in_channels)
        # A shift would move the origin that the angles are measured from.
        self.bottleneck.bias.requires_grad_(False)
        self.classifier = nn.Linear(in_channels, num_classes, bias=False)
        nn.init.normal_(self.classifier.weight, std=0.001)
        self.loss_cls = MODELS.build(loss_cls)
        self.loss_triplet: nn.Module | None = None
        if loss_triplet is not None:
            self.loss_triplet = MODELS.build(loss_triplet)

    @property
    def feat_dim(self) -> int:
        """Length of the test feature."""
        return self.in_channels

    def global_feature(self, feat: Tensor) -> Tensor:
        """Feature before the batch norm, which the metric loss sees.

        Args:
            feat (Tensor): Last map, shape (N, C, H, W).

        Returns:
            Tensor: f_t, shape (N, C).
        """
        return F.adaptive_avg_pool2d(feat, 1).flatten(1)

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Test features.

        Args:
            feats (tuple[Tensor, ...]): Maps of the backbone, the last of
                shape (N, C, H, W).

        Returns:
            Tensor: Features of length 1, shape (N, C).
        """
        feature = self.global_feature(feats[-1])
        if self.test_feature == 'after':
            feature = self.bottleneck(feature)
        return F.normalize(feature.float(), dim=1)

    def loss(
        self, feats: tuple[Tensor, ...], data_samples: list[DataSample]
    ) -> dict[str, Tensor]:
        """Softmax loss behind the batch norm, metric loss before it.

        Args:
            feats (tuple[Tensor, ...]): Maps of the backbone, the last of
                shape (N, C, H, W).
            data_samples (list[DataSample]): Samples with ``gt_label``.

        Returns:
            dict[str, Tensor]: ``loss_cls``, and ``loss_triplet`` if the head
            has a metric loss.
        """
        labels = stack_labels(data_samples)
        feature = self.global_feature(feats[-1])
        cls_score = self.classifier(self.bottleneck(feature))
        losses = {'loss_cls': self.loss_cls(cls_score, labels)}
        if self.loss_triplet is not None:
            losses['loss_triplet'] = self.loss_triplet(feature, labels)
        return losses
