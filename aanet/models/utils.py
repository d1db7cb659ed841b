"""Small helpers of the models."""

import torch
from mmpretrain.structures import DataSample
from torch import Tensor


def stack_labels(data_samples: list[DataSample]) -> Tensor:
    """Classes of a batch.

    Args:
        data_samples (list[DataSample]): Samples with ``gt_label``.

    Returns:
        Tensor: Shape (N,), integers.

    Raises:
        ValueError: If a sample has no label.
    """
    if any('gt_label' not in sample for sample in data_samples):
        raise ValueError(
            'training needs gt_label in every data sample: end the train '
            'pipeline with mmpretrain.PackInputs.'
        )
    return torch.cat([sample.gt_label for sample in data_samples])


def attach_features(
    features: Tensor, data_samples: list[DataSample | None] | None
) -> list[DataSample]:
    """Put each feature into its data sample.

    Args:
        features (Tensor): Test features, shape (N, D).
        data_samples (list[DataSample | None] | None): The batch's samples;
            new ones are made where there is none.

    Returns:
        list[DataSample]: Samples with ``pred_feature``, shape (D,).
    """
    samples = data_samples or [None] * len(features)
    filled = []
    for feature, sample in zip(features, samples, strict=True):
        sample = DataSample() if sample is None else sample
        sample.pred_feature = feature
        filled.append(sample)
    return filled
