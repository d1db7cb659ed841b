"""Where a model looks: maps, crops and attention vectors of AAM.

Letters: N images, C channels, H x W pixels of the last map, L entries of an
attention vector.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aanet.evaluation.functional import pairwise_distance
from aanet.models.heads import PCBTriHardHead
from aanet.models.necks import AAMNeck
from aanet.models.necks.attention_vector import (
    CropBox,
    attention_vectors,
    class_activation_maps,
    normalize_maps,
)
from aanet.models.reid import ReIDNet


@dataclass(frozen=True)
class Attention:
    """What a model attends to in N images.

    Attributes:
        maps (np.ndarray): In [0, 1], shape (N, H, W).
        boxes (np.ndarray): First and last kept row, first and last kept
            column, shape (N, 4).
        vectors (np.ndarray): Attention vectors, shape (N, L).
        classes (np.ndarray | None): Training class whose activation each
            map shows, shape (N,); None if a map is the mean activation.
        stripes (list[np.ndarray]): Maps of the head's stripes in [0, 1],
            from top to bottom, each of shape (N, H', W); empty if the head
            has none.
    """

    maps: np.ndarray
    boxes: np.ndarray
    vectors: np.ndarray
    classes: np.ndarray | None
    stripes: list[np.ndarray]

    @property
    def cosines(self) -> np.ndarray:
        """Cosine of the attention vectors of each two images, (N, N)."""
        return 1 - pairwise_distance(self.vectors, self.vectors).numpy()


@torch.no_grad()
def look_at(model: ReIDNet, inputs: Tensor) -> Attention:
    """See what a model attends to.

    A class activation map needs a class, and an identity of the test set has
    none of its own: the class with the highest score of AAM's classifier
    stands in. Without AAM, the map is the mean over the channels of the last
    map, and nothing is cropped.

    Args:
        model (ReIDNet): The model, in evaluation mode.
        inputs (Tensor): Images as the test pipeline makes them, uint8,
            shape (N, 3, H, W).

    Returns:
        Attention: Maps, crops and vectors.
    """
    data = model.data_preprocessor({'inputs': inputs}, False)
    feats = model.extract_maps(data['inputs'])
    classes = None
    if isinstance(model.neck, AAMNeck):
        best = model.neck.classify(feats[-1]).argmax(1)
        classes = best.cpu().numpy()
        maps, _ = model.neck.activation_maps(feats, best)
        box = model.neck.crop(maps)
        length = model.neck.vector_length or maps.shape[1]
    else:
        maps, _ = normalize_maps(feats[-1].float().mean(1))
        box = _whole(maps)
        length = maps.shape[1]
    stripes = []
    if isinstance(model.head, PCBTriHardHead):
        stripes = stripe_maps(model.head, feats[-1].float())
    return Attention(
        maps=maps.cpu().numpy(),
        boxes=torch.stack(box[:4], dim=1).cpu().numpy(),
        vectors=attention_vectors(maps, box, length).cpu().numpy(),
        classes=classes,
        stripes=[stripe.cpu().numpy() for stripe in stripes],
    )


def stripe_maps(head: PCBTriHardHead, feat: Tensor) -> list[Tensor]:
    """Class activation map of each stripe's own classifier.

    A stripe's classifier is not linear, so its weights for a map are the
    gradient of the highest score by the pooled stripe (Grad-CAM). Each map
    is scaled to [0, 1] by itself.

    Args:
        head (PCBTriHardHead): The head, in evaluation mode.
        feat (Tensor): Last map, shape (N, C, H, W).

    Returns:
        list[Tensor]: One map (N, H', W) for each stripe, from top to bottom,
        of the rows that the stripe is pooled from.
    """
    height, count = feat.shape[2], head.num_parts
    maps = []
    for number, stripe in enumerate(head.stripes(feat).unbind(1)):
        with torch.enable_grad():
            pooled = stripe.detach().requires_grad_()
            best = head.parts[number](pooled).amax(1).sum()
        (weights,) = torch.autograd.grad(best, pooled)
        # The rows of adaptive pooling.
        first = number * height // count
        last = -(-(number + 1) * height // count)
        rows = feat[:, :, first:last]
        maps.append(normalize_maps(class_activation_maps(rows, weights))[0])
    return maps


def _whole(maps: Tensor) -> CropBox:
    """Boxes around whole maps."""
    zeros = torch.zeros(len(maps), dtype=torch.long, device=maps.device)
    height, width = maps.shape[1:]
    return CropBox(zeros, zeros + height - 1, zeros, zeros + width - 1, zeros)
