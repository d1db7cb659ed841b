"""Small data sets that the tests of this folder write for themselves."""

import gc
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import mmpretrain.datasets  # noqa: F401
import numpy as np
import pytest

# mmengine collects garbage after loading a data set, which takes half a
# second while the libraries' own objects take part.
gc.freeze()

WriteImage = Callable[..., str]
WriteMarket = Callable[..., Path]


@pytest.fixture
def write_image() -> WriteImage:
    """``write_image(path, seed=0)`` writes an image of noise, 24 x 12."""

    def write(path: Path, seed: int = 0) -> str:
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        image = rng.integers(0, 256, (24, 12, 3), np.uint8)
        path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
        return str(path)

    return write


@pytest.fixture
def write_market(write_image: WriteImage) -> WriteMarket:
    """``write_market(root, names...)`` writes a set in Market's layout."""

    def write(
        root: Path,
        train: Iterable[str] = ('0002_c1s1_000451_03.jpg',),
        query: Iterable[str] = ('0001_c1s1_001051_00.jpg',),
        gallery: Iterable[str] = ('0001_c2s1_001051_00.jpg',),
    ) -> Path:
        folders = dict(
            bounding_box_train=train, query=query, bounding_box_test=gallery
        )
        for folder, names in folders.items():
            for name in names:
                write_image(root / folder / name)
        return root

    return write
