"""Images to check and to calibrate exported models with."""

import copy
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from torch import Tensor

from aanet.apis.images import list_folder
from aanet.datasets.guarded_pipeline import run_guarded
from aanet.registry import DATASETS


def input_size(cfg: Config) -> tuple[int, int]:
    """Size that the test pipeline brings every image to.

    Args:
        cfg (Config): Config with a ``test_dataloader``.

    Returns:
        tuple[int, int]: Height and width.
    """
    pipeline = test_pipeline(cfg)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, 'gray.png'))
        cv2.imwrite(path, np.full((128, 64, 3), 127, np.uint8))
        height, width = pipeline({'img_path': path})['inputs'].shape[1:]
    return height, width


def test_pipeline(cfg: Config) -> Callable[[dict], Any]:
    """Transforms of the test, from a path to ``inputs``.

    Args:
        cfg (Config): Config with a ``test_dataloader``.

    Returns:
        Callable[[dict], Any]: The transforms.
    """
    # A data set's module brings the transforms of mmcv into the registry.
    DATASETS.import_from_location()
    return Compose(cfg.test_dataloader.dataset.pipeline)


def crops_of_set(cfg: Config, loader: str, number: int) -> Tensor:
    """Images of a data set, evenly spread over it.

    Args:
        cfg (Config): The config.
        loader (str): ``'test_dataloader'`` or ``'train_dataloader'``. Either
            set's images go through the test pipeline.
        number (int): How many, M; all of them if there are fewer.

    Returns:
        Tensor: uint8, BGR, shape (M, 3, H, W).

    Raises:
        FileNotFoundError: If the data set is not there.
        ValueError: If it has only one image, or one cannot be read.
    """
    settings = copy.deepcopy(cfg[loader].dataset)
    settings.pipeline = cfg.test_dataloader.dataset.pipeline
    dataset = DATASETS.build(settings)
    return _stack(
        (dataset[i]['inputs'] for i in _spread(len(dataset), number)), loader
    )


def crops_of_folder(cfg: Config, folder: str | Path, number: int) -> Tensor:
    """Images of a folder and those below it, evenly spread over it.

    Args:
        cfg (Config): Brings the test pipeline.
        folder (str | Path): The folder.
        number (int): How many, M; all of them if there are fewer.

    Returns:
        Tensor: uint8, BGR, shape (M, 3, H, W).

    Raises:
        FileNotFoundError: If there is no image in it.
        ValueError: If there is only one, or one cannot be read.
    """
    paths = list_folder(folder)
    pipeline = test_pipeline(cfg)
    return _stack(
        (
            run_guarded(pipeline, {'img_path': paths[i]}, None)['inputs']
            for i in _spread(len(paths), number)
        ),
        folder,
    )


def _spread(total: int, number: int) -> list[int]:
    """Indices from the first to the last, at most ``number`` of them."""
    return np.linspace(0, total - 1, min(total, number)).astype(int).tolist()


def _stack(images: Iterable[Tensor], source: str | Path) -> Tensor:
    """One tensor of images, which must have one size."""
    crops = list(images)
    if len(crops) < 2:
        raise ValueError(
            f'{source} gives one image, and two are the least to compare.'
        )
    if len({crop.shape for crop in crops}) > 1:
        raise ValueError(
            f'the test pipeline gives images of {source} of different sizes: '
            'an exported model needs a Resize to a fixed one.'
        )
    return torch.stack(crops)
