"""The images that a user names: files, folders and arrays.

Letters: H x W pixels.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from mmengine.dataset import Compose
from torch import Tensor
from torch.utils.data import Dataset

from aanet.datasets.guarded_pipeline import run_guarded
from aanet.datasets.image_files import UnreadableImageError
from aanet.registry import TRANSFORMS

SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp')
"""How the names of images end, in any case."""

Image: TypeAlias = str | np.ndarray
"""The path of a file, or an array of shape (H, W, 3), uint8 and BGR."""

Inputs: TypeAlias = 'str | Path | np.ndarray | Sequence[Inputs]'
"""An image, a folder, or a list of these."""


def list_images(inputs: Inputs) -> list[Image]:
    """List the images that a user names, in order.

    Args:
        inputs (Inputs): Paths of images; folders, which stand for all images
            in them and below, sorted by path; arrays; or lists of these.

    Returns:
        list[Image]: One entry for each image. Files need not exist.

    Raises:
        FileNotFoundError: If a folder holds no image.
        TypeError: If an input is neither of these.
        ValueError: If an array is no BGR image of bytes.
    """
    if isinstance(inputs, list | tuple):
        return [image for part in inputs for image in list_images(part)]
    if isinstance(inputs, np.ndarray):
        return [_checked(inputs)]
    if not isinstance(inputs, str | Path):
        raise TypeError(
            'inputs must be paths, folders, arrays or lists of these, not '
            f'{type(inputs).__name__}.'
        )
    if Path(inputs).is_dir():
        return list(list_folder(inputs))
    return [str(inputs)]


def list_folder(folder: str | Path) -> list[str]:
    """List the images of a folder and of those below it.

    Args:
        folder (str | Path): The folder.

    Returns:
        list[str]: Paths, sorted.

    Raises:
        FileNotFoundError: If there is no such folder, or no image in it.
    """
    if not Path(folder).is_dir():
        raise FileNotFoundError(f'there is no file or folder {folder}.')
    paths = [
        os.path.join(place, name)
        for place, _, names in os.walk(folder, followlinks=True)
        for name in names
        if name.lower().endswith(SUFFIXES)
    ]
    if not paths:
        raise FileNotFoundError(
            f'folder {folder} holds no image ({", ".join(SUFFIXES)}).'
        )
    return sorted(paths)


def _checked(array: np.ndarray) -> np.ndarray:
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8:
        raise ValueError(
            'an image must be an array of shape (H, W, 3), uint8, BGR, not '
            f'of shape {array.shape}, {array.dtype}.'
        )
    if array.size == 0:
        raise ValueError(f'an image of shape {array.shape} has no pixels.')
    return array


class LoadedImage(NamedTuple):
    """An image on its way into a batch.

    Attributes:
        path (str): Its file, '' for an image in memory.
        pixels (Tensor | None): uint8, BGR, shape (3, H, W); None if it
            cannot be read.
        problem (str): Why it cannot be read, in a sentence; else ''.
    """

    path: str
    pixels: Tensor | None
    problem: str = ''


class ImageSet(Dataset):
    """Images, brought to what a backend takes.

    Args:
        images (Sequence[Image]): The images.
        pipeline (Sequence[dict]): Settings of the transforms, see
            :mod:`aanet.apis.backends`.
    """

    def __init__(
        self, images: Sequence[Image], pipeline: Sequence[dict]
    ) -> None:
        self.images = images
        loader, *others = (TRANSFORMS.build(dict(t)) for t in pipeline)
        self._of_file = Compose([loader, *others])
        self._of_array = Compose(others)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> LoadedImage:
        """Load one image.

        Args:
            index (int): Its index.

        Returns:
            LoadedImage: The image, or why there is none.
        """
        image = self.images[index]
        if isinstance(image, np.ndarray):
            size = image.shape[:2]
            info = {'img': image, 'img_shape': size, 'ori_shape': size}
            return LoadedImage('', self._of_array(info)['inputs'])
        return _load(image, self._of_file)


def _load(path: str, pipeline: Callable[[dict], Any]) -> LoadedImage:
    try:
        data = run_guarded(pipeline, {'img_path': path}, None)
    except UnreadableImageError as error:
        # The rest of it is advice for data sets.
        sentence = str(error).split(': replace it')[0]
        return LoadedImage(path, None, sentence)
    return LoadedImage(path, data['inputs'])
