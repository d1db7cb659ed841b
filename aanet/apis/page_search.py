"""What the search page does, without the page.

Letters: H x W pixels.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from aanet.apis.gallery import Gallery
from aanet.apis.images import ImageSet
from aanet.apis.inferencer import ReIDInferencer
from aanet.apis.search_result import Hit
from aanet.apis.torch_backend import TorchBackend
from aanet.datasets.records import NO_CAMERA
from aanet.visualization.model_attention import look_at
from aanet.visualization.pictures import overlay, read_image

PICTURE_SIZE = (256, 128)
"""Height and width of the pictures on the page, in pixels."""


@dataclass(frozen=True)
class Card:
    """A picture of the ranked list.

    Attributes:
        hit (Hit): The entry of the gallery.
        near (bool): Whether it is nearer than the threshold; False where
            there is none.
        picture (np.ndarray | None): RGB, shape (H, W, 3); None if the file
            is gone or damaged.
    """

    hit: Hit
    near: bool
    picture: np.ndarray | None


@dataclass(frozen=True)
class Answer:
    """The answer to one query.

    Attributes:
        query (np.ndarray): The picture, RGB, shape (H, W, 3).
        attention (np.ndarray | None): Where the model looks in it, laid over
            it; None if the backend does not tell.
        cards (tuple[Card, ...]): The ranked list, nearest first.
        threshold (float): What is near enough; infinite if there is none.
    """

    query: np.ndarray
    attention: np.ndarray | None
    cards: tuple[Card, ...]
    threshold: float

    @property
    def in_gallery(self) -> bool | None:
        """Whether anything is near enough; None without a threshold."""
        if math.isinf(self.threshold) and self.cards:
            return None
        return any(card.near for card in self.cards)


class PageSearch:
    """Search a gallery and prepare what the page shows.

    Args:
        gallery (Gallery): The gallery; it must not be empty.
        inferencer (ReIDInferencer): Its model.

    Raises:
        ValueError: If the gallery is empty or of another model.
    """

    def __init__(self, gallery: Gallery, inferencer: ReIDInferencer) -> None:
        gallery.check_model(inferencer.backend.identity)
        if not len(gallery):
            raise ValueError('the gallery is empty: add images first.')
        self.gallery = gallery
        self.inferencer = inferencer

    @property
    def cameras(self) -> list[int]:
        """Cameras of the gallery that are known, ascending."""
        camids = np.unique(self.gallery.entries.camids)
        return camids[camids != NO_CAMERA].tolist()

    @property
    def sees_attention(self) -> bool:
        """Whether the model tells where it looks."""
        return isinstance(self.inferencer.backend, TorchBackend)

    def __call__(
        self,
        path: str,
        topk: int = 12,
        threshold: float = math.inf,
        cameras: Collection[int] = (),
        attend_results: bool = False,
    ) -> Answer:
        """Search.

        Args:
            path (str): File of the query.
            topk (int): Pictures to list. Defaults to 12.
            threshold (float): What is near enough. Defaults to infinity,
                which is that there is none.
            cameras (Collection[int]): Only pictures of these. Defaults to
                (), which is all.
            attend_results (bool): Whether to lay attention over the ranked
                list, too. Defaults to False.

        Returns:
            Answer: The ranked list, also beyond the threshold.

        Raises:
            UnreadableImageError: If the file is no whole image.
        """
        extracted = self.inferencer.extract(path)
        (result,) = self.gallery.search(
            extracted, topk, cameras or None, threshold=math.inf
        )
        query = read_image(path, PICTURE_SIZE)
        (attention,) = self._attention([path], [query])
        pictures = [_picture(hit.path) for hit in result.hits]
        if attend_results:
            seen = self._attention([h.path for h in result.hits], pictures)
            pictures = [
                picture if overlaid is None else overlaid
                for picture, overlaid in zip(pictures, seen, strict=True)
            ]
        cards = (
            Card(hit, hit.distance < threshold < math.inf, picture)
            for hit, picture in zip(result.hits, pictures, strict=True)
        )
        return Answer(query, attention, tuple(cards), threshold)

    def _attention(
        self, paths: Sequence[str], pictures: Sequence[np.ndarray | None]
    ) -> list[np.ndarray | None]:
        """Attention laid over pictures; None where that cannot be."""
        overlaid: list[np.ndarray | None] = [None] * len(paths)
        backend = self.inferencer.backend
        if not isinstance(backend, TorchBackend):
            return overlaid
        images = ImageSet(paths, backend.pipeline)
        loaded = [images[row].pixels for row in range(len(paths))]
        seen = [
            (row, picture, pixels)
            for row, (picture, pixels) in enumerate(
                zip(pictures, loaded, strict=True)
            )
            if picture is not None and pixels is not None
        ]
        if seen:
            inputs = torch.stack([pixels for _, _, pixels in seen])
            maps = look_at(backend.model, inputs).maps
            for (row, picture, _), values in zip(seen, maps, strict=True):
                overlaid[row] = overlay(picture, values)
        return overlaid


def _picture(path: str) -> np.ndarray | None:
    """A picture of the gallery, None if there is none any more."""
    try:
        return read_image(path, PICTURE_SIZE)
    except (OSError, ValueError):
        return None
