"""Six stripes with a classifier each, and a global metric branch."""

from __future__ import annotations

import torch.nn.functional as F
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from aanet.models.heads.base_head import BaseHead
from aanet.models.utils import stack_labels
from aanet.registry import MODELS


class StripeClassifier(nn.Sequential):
    """Reduction and classifier of one stripe, as in PCB.

    Args:
        in_channels (int): Channels C of a stripe.
        hidden_channels (int): Channels behind the reduction.
        num_classes (int): Number of training identities.
        dropout (float): Dropout before the reduction.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        num_classes: int,
        dropout: float,
    ) -> None:
        reduce = nn.Linear(in_channels, hidden_channels, bias=False)
        classify = nn.Linear(hidden_channels, num_classes)
        nn.init.kaiming_normal_(reduce.weight, mode='fan_out')
        nn.init.normal_(classify.weight, std=0.001)
        nn.init.zeros_(classify.bias)
        super().__init__(
            nn.Dropout(dropout),
            reduce,
            nn.BatchNorm1d(hidden_channels),
            nn.ReLU(inplace=True),
            classify,
        )


@MODELS.register_module()
class PCBTriHardHead(BaseHead):
    r"""Head of AANet: PCB stripes (Eq. 8) and a global branch (Eq. 9).

    The last map is pooled to horizontal stripes, and each stripe has a
    classifier of its own; the softmax losses are summed. The global branch
    pools the whole map, embeds it and gives it to a metric loss. The test
    feature is the stripes alone, without any learned layer:

    .. math::
        f = \frac{1}{\sqrt{P}} \left[ \frac{g_1}{\|g_1\|}, \dots,
            \frac{g_P}{\|g_P\|} \right]

    Args:
        num_classes (int): Number of training identities.
        in_channels (int): Channels C of the last map.
        num_parts (int): Number of stripes P. Defaults to 6.
        part_channels (int): Channels behind a stripe's reduction. Defaults
            to 256.
        dropout (float): Dropout before a stripe's reduction. Defaults
            to 0.5.
        stripe_pool (str): ``'avg'`` or ``'avg+max'``. Defaults to ``'avg'``.
        global_embed (int): Channels of the global embedding; 0 takes the
            pooled map itself. Defaults to 256.
        metric_norm (bool): Whether the metric loss sees L2-normalized
            features. Defaults to True.
        test_norm (str): Whether each stripe is normalized (``'part'``) or
            only their concatenation (``'cat'``). Defaults to ``'part'``.
        loss_cls (dict): Config of a stripe's loss. Defaults to
            ``dict(type='mmpretrain.CrossEntropyLoss')``.
        loss_triplet (dict | None): Config of the metric loss; None leaves
            the global branch out. Defaults to ``dict(type='TriHardLoss')``.
        init_cfg (dict | None): Initialization. Defaults to None.

    Raises:
        ValueError: If a switch has an unknown value.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        num_parts: int = 6,
        part_channels: int = 256,
        dropout: float = 0.5,
        stripe_pool: str = 'avg',
        global_embed: int = 256,
        metric_norm: bool = True,
        test_norm: str = 'part',
        loss_cls: dict | None = None,
        loss_triplet: dict | None = {'type': 'TriHardLoss'},  # noqa: B006
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if stripe_pool not in ('avg', 'avg+max'):
            raise ValueError(
                "model.head.stripe_pool must be 'avg' or 'avg+max', got "
                f'{stripe_pool!r}.'
            )
        if test_norm not in ('part', 'cat'):
            raise ValueError(
                "model.head.test_norm must be 'part' or 'cat', got "
                f'{test_norm!r}.'
            )
        self.num_classes = num_classes
        self.in_channels = in_channels
        self.num_parts = num_parts
        self.stripe_pool = stripe_pool
        self.metric_norm = metric_norm
        self.test_norm = test_norm
        self.parts = nn.ModuleList(
            StripeClassifier(in_channels, part_channels, num_classes, dropout)
            for _ in range(num_parts)
        )
        self.loss_cls = MODELS.build(
            loss_cls or {'type': 'mmpretrain.CrossEntropyLoss'}
        )
        self.loss_triplet: nn.Module | None = None
        self.embed: nn.Module = nn.Identity()
        if loss_triplet is not None:
            self.loss_triplet = MODELS.build(loss_triplet)
            if global_embed:
                self.embed = self._embedding(in_channels, global_embed)

    @staticmethod
    def _embedding(in_channels: int, channels: int) -> nn.Sequential:
        """Linear reduction and batch norm of the global branch."""
        reduce = nn.Linear(in_channels, channels, bias=False)
        nn.init.kaiming_normal_(reduce.weight, mode='fan_out')
        return nn.Sequential(reduce, nn.BatchNorm1d(channels))

    @property
    def feat_dim(self) -> int:
        """Length of the test feature."""
        return self.num_parts * self.in_channels

    def stripes(self, feat: Tensor) -> Tensor:
        """Pooled horizontal stripes.

        Args:
            feat (Tensor): Last map, shape (N, C, H, W).

        Returns:
            Tensor: Shape (N, P, C), the uppermost stripe first.
        """
        size = (self.num_parts, 1)
        pooled = F.adaptive_avg_pool2d(feat, size)
        if self.stripe_pool == 'avg+max':
            pooled = pooled + F.adaptive_max_pool2d(feat, size)
        return pooled.squeeze(3).transpose(1, 2)

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Test features.

        Args:
            feats (tuple[Tensor, ...]): Maps of the backbone, the last of
                shape (N, C, H, W).

        Returns:
            Tensor: Features of length 1, shape (N, P * C).
        """
        stripes = self.stripes(feats[-1]).float()
        if self.test_norm == 'part':
            stripes = F.normalize(stripes, dim=2)
        return F.normalize(stripes.flatten(1), dim=1)

    def loss(
        self, feats: tuple[Tensor, ...], data_samples: list[DataSample]
    ) -> dict[str, Tensor | list[Tensor]]:
        """Softmax losses of the stripes and the metric loss.

        Args:
            feats (tuple[Tensor, ...]): Maps of the backbone, the last of
                shape (N, C, H, W).
            data_samples (list[DataSample]): Samples with ``gt_label``.

        Returns:
            dict[str, Tensor | list[Tensor]]: ``loss_cls``, one term a
            stripe, and ``loss_triplet`` if the head has a global branch.
        """
        labels = stack_labels(data_samples)
        stripes = self.stripes(feats[-1]).unbind(1)
        losses: dict[str, Tensor | list[Tensor]] = {
            'loss_cls': [
                self.loss_cls(part(stripe), labels)
                for part, stripe in zip(self.parts, stripes, strict=True)
            ]
        }
        if self.loss_triplet is not None:
            embedded = self.global_feature(feats[-1])
            losses['loss_triplet'] = self.loss_triplet(embedded, labels)
        return losses

    def global_feature(self, feat: Tensor) -> Tensor:
        """Feature of the global branch, which the metric loss sees.

        Args:
            feat (Tensor): Last map, shape (N, C, H, W).

        Returns:
            Tensor: Shape (N, ``global_embed`` or C).
        """
        embedded = self.embed(F.adaptive_avg_pool2d(feat, 1).flatten(1))
        if self.metric_norm:
            embedded = F.normalize(embedded.float(), dim=1)
        return embedded
