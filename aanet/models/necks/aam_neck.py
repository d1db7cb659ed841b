"""Attention alignment mechanism (AAM)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from aanet.models.losses.attention_cosine_distance_loss import pair_counts
from aanet.models.necks.attention_vector import (
    CropBox,
    attention_vectors,
    class_activation_maps,
    crop_boxes,
    normalize_maps,
)
from aanet.models.utils import stack_labels
from aanet.registry import MODELS

THRESHOLD_MODES = ('abs', 'rel', 'minmax')
CAM_GRADS = ('detach', 'flow')


@MODELS.register_module()
class AAMNeck(BaseModule):
    """Attention Alignment Mechanism of AANet, Eq. 3 to 7; training only.

    A linear classifier on the globally pooled last map gives the class
    activation map of each image's own identity. Two thresholds crop the
    map, its rows' means are resized to an attention vector, and the vectors
    of one identity's images are pulled together. Maps pass through
    unchanged, so that testing costs nothing.

    Eq. 8 gives the classifier no softmax loss. Trained by the alignment
    alone it is a projection rewarded for alike maps and its maps are no
    class maps, so it has a cross entropy of its own (``loss_cam``).

    Args:
        num_classes (int): Number of training identities.
        in_channels (int): Channels C of the last map.
        threshold_h (float): T_h, crops the height. Defaults to 0.3.
        threshold_w (float): T_w, crops the width. Defaults to 0.3.
        threshold_mode (str): ``'abs'``, ``'rel'`` or ``'minmax'``, see
            :func:`~aanet.models.necks.attention_vector.crop_boxes`.
            Defaults to ``'abs'``.
        vector_length (int | None): Entries L of an attention vector; the
            height of the map if None. Defaults to None.
        cam_grad (str): Whether the cross entropy's gradient stops at the
            map (``'detach'``) or goes on into the backbone (``'flow'``).
            Defaults to ``'detach'``.
        cam_detach_weight (bool): Whether the alignment leaves the
            classifier's weights alone. Defaults to True.
        cam_bn (bool): Batch norm before the classifier. Defaults to False.
        loss_acd (dict): Config of the alignment loss. Defaults to
            ``dict(type='AttentionCosineDistanceLoss')``.
        loss_cam (dict | None): Config of the classifier's loss; None for
            Eq. 8 to the letter. Defaults to
            ``dict(type='mmpretrain.CrossEntropyLoss')``.
        init_cfg (dict | None): Initialization. Defaults to a normal one of
            std 0.001 for the classifier.

    Raises:
        ValueError: If a switch has an unknown value, or the classifier has
            nothing to learn from.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        threshold_h: float = 0.3,
        threshold_w: float = 0.3,
        threshold_mode: str = 'abs',
        vector_length: int | None = None,
        cam_grad: str = 'detach',
        cam_detach_weight: bool = True,
        cam_bn: bool = False,
        loss_acd: dict | None = None,
        loss_cam: dict | None = {'type': 'mmpretrain.CrossEntropyLoss'},  # noqa: B006
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(
            init_cfg or {'type': 'Normal', 'layer': 'Linear', 'std': 0.001}
        )
        if threshold_mode not in THRESHOLD_MODES:
            raise ValueError(
                f'model.neck.threshold_mode must be one of {THRESHOLD_MODES},'
                f' got {threshold_mode!r}.'
            )
        if cam_grad not in CAM_GRADS:
            raise ValueError(
                f'model.neck.cam_grad must be one of {CAM_GRADS}, got '
                f'{cam_grad!r}.'
            )
        if loss_cam is None and cam_detach_weight:
            raise ValueError(
                'the CAM classifier would learn nothing: without '
                'model.neck.loss_cam, set model.neck.cam_detach_weight=False.'
            )
        self.num_classes = num_classes
        self.threshold_h = threshold_h
        self.threshold_w = threshold_w
        self.threshold_mode = threshold_mode
        self.vector_length = vector_length
        self.cam_grad = cam_grad
        self.cam_detach_weight = cam_detach_weight
        self.cam_norm = nn.BatchNorm1d(in_channels) if cam_bn else None
        self.cam_fc = nn.Linear(in_channels, num_classes, bias=False)
        self.loss_acd = MODELS.build(
            loss_acd or {'type': 'AttentionCosineDistanceLoss'}
        )
        self.loss_cam = None if loss_cam is None else MODELS.build(loss_cam)

    def forward(self, feats: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Pass the maps on.

        Args:
            feats (tuple[Tensor, ...]): Maps of the backbone.

        Returns:
            tuple[Tensor, ...]: The same maps.
        """
        return feats

    def activation_maps(
        self, feats: tuple[Tensor, ...], labels: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Normalized class activation maps, Eq. 3 to 5.

        Args:
            feats (tuple[Tensor, ...]): Maps of the backbone, the last of
                shape (N, C, H, W).
            labels (Tensor): Class of each image, shape (N,).

        Returns:
            tuple[Tensor, Tensor]: Maps in [0, 1], shape (N, H, W), and
            whether each was not constant, bool, shape (N,).
        """
        weights = self.cam_fc.weight
        if self.cam_norm is not None:
            variance = self.cam_norm.running_var
            assert variance is not None
            deviation = torch.sqrt(variance + self.cam_norm.eps)
            weights = weights * (self.cam_norm.weight / deviation)
        if self.cam_detach_weight:
            weights = weights.detach()
        maps = class_activation_maps(
            feats[-1].float(), weights[labels].float()
        )
        return normalize_maps(maps)

    def crop(self, maps: Tensor) -> CropBox:
        """Rectangles around the foreground, by the neck's thresholds.

        Args:
            maps (Tensor): Maps in [0, 1], shape (N, H, W).

        Returns:
            CropBox: The rectangles.
        """
        return crop_boxes(
            maps, self.threshold_h, self.threshold_w, self.threshold_mode
        )

    def loss(
        self, feats: tuple[Tensor, ...], data_samples: list[DataSample]
    ) -> dict[str, Tensor]:
        """Alignment loss, the classifier's loss and what to watch.

        Args:
            feats (tuple[Tensor, ...]): Maps of the backbone, the last of
                shape (N, C, H, W).
            data_samples (list[DataSample]): Samples with ``gt_label``.

        Returns:
            dict[str, Tensor]: ``loss_acd`` and ``loss_cam``; ``acd_pairs``
            and ``acd_ids``, what the alignment saw; ``empty_crops``, how
            many images no threshold could crop.
        """
        labels = stack_labels(data_samples)
        device_type = feats[-1].device.type
        with torch.autocast(device_type, enabled=False):
            maps, valid = self.activation_maps(feats, labels)
            box = self.crop(maps)
            length = self.vector_length or maps.shape[1]
            vectors = attention_vectors(maps, box, length)
        pairs, identities = pair_counts(labels, valid)
        results = {
            'loss_acd': self.loss_acd(vectors, labels, valid),
            'acd_pairs': pairs,
            'acd_ids': identities,
            'empty_crops': box.empty.sum().float(),
        }
        if self.loss_cam is not None:
            scores = self.classify(feats[-1])
            results['loss_cam'] = self.loss_cam(scores, labels)
        return results

    def classify(self, feat: Tensor) -> Tensor:
        """Scores of the CAM classifier.

        Args:
            feat (Tensor): Last map, shape (N, C, H, W).

        Returns:
            Tensor: Shape (N, num_classes).
        """
        pooled = F.adaptive_avg_pool2d(feat, 1).flatten(1)
        if self.cam_grad == 'detach':
            pooled = pooled.detach()
        if self.cam_norm is not None:
            pooled = self.cam_norm(pooled)
        return self.cam_fc(pooled)
