"""Pictures as arrays: reading, overlaying, writing.

All pictures here are RGB, uint8, shape (H, W, 3).
"""

import base64
from pathlib import Path

import cv2
import numpy as np

from aanet.utils.safe_saving import whole_file

_JPEG_QUALITY = 90


def read_image(path: str, size: tuple[int, int]) -> np.ndarray:
    """Read a picture and bring it to one size.

    Args:
        path (str): Path of the file.
        size (tuple[int, int]): Height and width wanted, in pixels.

    Returns:
        np.ndarray: The picture, shape (H, W, 3).

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is no picture.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(
            f'image {path} does not exist: relative paths start from the '
            'current folder, so run the tool where the features were '
            'extracted, and keep the images in place.'
        )
    image = cv2.imread(path)
    if image is None:
        raise ValueError(
            f'image {path} cannot be read: it is damaged or no image.'
        )
    height, width = size
    shrinks = image.shape[0] > height
    image = cv2.resize(
        image,
        (width, height),
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC,
    )
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def upsample(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Enlarge a map smoothly; its pixels' outer edges stay in place.

    Args:
        values (np.ndarray): Map in [0, 1], shape (h, w).
        size (tuple[int, int]): Height and width wanted, in pixels.

    Returns:
        np.ndarray: Map in [0, 1], shape (H, W), float32.
    """
    height, width = size
    enlarged = cv2.resize(
        values.astype(np.float32),
        (width, height),
        interpolation=cv2.INTER_CUBIC,
    )
    return enlarged.clip(0, 1)


def overlay(
    image: np.ndarray, values: np.ndarray, opacity: float = 0.5
) -> np.ndarray:
    """Lay a map over a picture, blue where it is low and red where high.

    Args:
        image (np.ndarray): The picture, shape (H, W, 3).
        values (np.ndarray): Map in [0, 1], of any size.
        opacity (float): Share of the map's colors, in 0..1. Defaults to
            0.5.

    Returns:
        np.ndarray: A new picture, shape (H, W, 3).
    """
    smooth = upsample(values, image.shape[:2])
    levels = np.round(smooth * 255).astype(np.uint8)
    colors = cv2.applyColorMap(levels, cv2.COLORMAP_JET)
    colors = cv2.cvtColor(colors, cv2.COLOR_BGR2RGB)
    return cv2.addWeighted(colors, opacity, image, 1 - opacity, 0)


def overlay_stripes(
    image: np.ndarray, stripes: list[np.ndarray], opacity: float = 0.5
) -> np.ndarray:
    """Lay the maps of horizontal stripes over a picture.

    Args:
        image (np.ndarray): The picture, shape (H, W, 3).
        stripes (list[np.ndarray]): Maps in [0, 1] from top to bottom; they
            divide the height evenly.
        opacity (float): Share of the maps' colors, in 0..1. Defaults to
            0.5.

    Returns:
        np.ndarray: A new picture with a white line between stripes.
    """
    edges = np.linspace(0, len(image), len(stripes) + 1).round().astype(int)
    parts = [
        overlay(image[top:bottom], stripe, opacity)
        for top, bottom, stripe in zip(
            edges[:-1], edges[1:], stripes, strict=True
        )
    ]
    result = np.concatenate(parts)
    result[edges[1:-1]] = 255
    return result


def as_rgb(image: np.ndarray) -> np.ndarray:
    """An image of a pipeline as a picture of its own.

    Args:
        image (np.ndarray): Blue first, or gray; (H, W, 3) or (H, W).

    Returns:
        np.ndarray: RGB, uint8, shape (H, W, 3).
    """
    picture = np.round(image).clip(0, 255).astype(np.uint8)
    gray = picture.ndim == 2 or picture.shape[2] == 1
    code = cv2.COLOR_GRAY2RGB if gray else cv2.COLOR_BGR2RGB
    return cv2.cvtColor(np.ascontiguousarray(picture), code)


def save_png(image: np.ndarray, path: str | Path) -> None:
    """Write a picture, and the folder for it if missing.

    Args:
        image (np.ndarray): The picture, shape (H, W, 3).
        path (str | Path): Where to.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    with whole_file(path) as partial:
        partial.write_bytes(cv2.imencode('.png', bgr)[1].tobytes())


def as_data_uri(image: np.ndarray) -> str:
    """A picture as text that a page can hold.

    Args:
        image (np.ndarray): The picture, shape (H, W, 3).

    Returns:
        str: A ``data:`` URI of a JPEG.
    """
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    data = cv2.imencode('.jpg', bgr, options)[1].tobytes()
    return 'data:image/jpeg;base64,' + base64.b64encode(data).decode()
