"""mmpretrain's packing, with OpenCV to sort the channels."""

from typing import Any

import cv2
import numpy as np
import torch
from mmpretrain.datasets import PackInputs

from aanet.registry import TRANSFORMS


@TRANSFORMS.register_module()
class FastPackInputs(PackInputs):
    """Packs an image and its annotation for the model.

    Gives what :class:`mmpretrain.datasets.PackInputs` gives, whose arguments
    it has. Only images of bytes with several channels are faster.

    **Required Keys:**

    - ``input_key``
    - ``*algorithm_keys``
    - ``*meta_keys``

    **Deleted Keys:**

    All other keys in the dict.

    **Added Keys:**

    - inputs (:obj:`torch.Tensor`): The image, (C, H, W).
    - data_samples (:obj:`~mmpretrain.structures.DataSample`): The annotation.
    """

    @staticmethod
    def format_input(input_: Any) -> Any:
        """Turn an image into a tensor.

        Args:
            input_ (Any): An image, (H, W, C); or whatever else
                mmpretrain's class takes.

        Returns:
            Any: A tensor, (C, H, W); a list of them for a list.
        """
        if (
            not isinstance(input_, np.ndarray)
            or input_.ndim != 3
            or input_.dtype != np.uint8
        ):
            return PackInputs.format_input(input_)
        height, width, channels = input_.shape
        if input_.strides[1] < 0:
            # A mirrored view, as RandomFlip leaves it, is slow to read.
            input_ = cv2.flip(input_[:, ::-1], 1)
        planes = np.empty((channels, height, width), np.uint8)
        cv2.split(input_, list(planes))
        return torch.from_numpy(planes)
