"""Images of persons, to be searched.

Letters: G entries; M new ones; V images to calibrate with; Q queries; D
feature dimensions; K neighbors.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aanet.apis.calibration import find_threshold
from aanet.apis.entries import Entries
from aanet.apis.extracted import (
    ExtractedFeatures,
    FeaturesLike,
    as_extracted,
)
from aanet.apis.gallery_file import GalleryMeta, read_gallery, save_gallery
from aanet.apis.gallery_search import GallerySearch
from aanet.apis.inferencer import ReIDInferencer
from aanet.apis.labelled import extract_records
from aanet.apis.model_identity import ModelIdentity
from aanet.apis.search_result import SearchResult
from aanet.apis.search_settings import SearchSettings
from aanet.apis.sources import read_source
from aanet.apis.threshold import Threshold
from aanet.evaluation.functional.distance import check_distance
from aanet.evaluation.functional.inputs import Ids

DTYPES = ('float32', 'float16')
"""How features are kept; float16 takes half the memory."""


class Gallery:
    """Images of persons, to be searched, changed, saved and opened again.

    Identities and cameras are optional. A gallery takes features of one
    model only, the one whose features came first.

    Args:
        distance (str): ``'cosine'`` or ``'euclidean'``. Defaults to
            ``'cosine'``.
        dtype (str): How features are kept, ``'float32'`` or ``'float16'``.
            Defaults to ``'float32'``.
        search (dict | SearchSettings | None): How to search, see
            :class:`~aanet.apis.search_settings.SearchSettings`. Defaults to
            None, which is exactly.

    Attributes:
        entries (Entries): The table of images.
        identity (ModelIdentity | None): The model; None if it is not known.
        threshold (Threshold | None): What :meth:`calibrate` has found.
        model_file (str): File of the model, '' if it is not known.

    Examples:
        >>> inferencer = ReIDInferencer('work_dirs/aanet/epoch_100.pth')
        >>> gallery = Gallery.build(inferencer, 'my_crops')
        >>> (result,) = gallery.search(inferencer.extract('query.jpg'))
        >>> result.hits[0].path, result.hits[0].distance
        ('my_crops/0042.jpg', 0.113)
    """

    def __init__(
        self,
        distance: str = 'cosine',
        dtype: str = 'float32',
        search: dict | SearchSettings | None = None,
    ) -> None:
        check_distance(distance)
        if dtype not in DTYPES:
            raise ValueError(f'dtype must be one of {DTYPES}, not {dtype!r}.')
        if not isinstance(search, SearchSettings):
            search = SearchSettings.from_dict(search or {})
        self.distance = distance
        self.entries = Entries.of(np.zeros((0, 0), dtype))
        self.identity: ModelIdentity | None = None
        self.threshold: Threshold | None = None
        self.model_file = ''
        self._neighbors = GallerySearch(search, distance)
        self._next_uid = 0

    @classmethod
    def build(
        cls,
        inferencer: ReIDInferencer,
        source: str | Path,
        names: str = 'plain',
        splits: Sequence[str] = ('gallery',),
        data_root: str | Path | None = None,
        batch_size: int = 32,
        **options: Any,
    ) -> 'Gallery':
        """Make a gallery of the images of a folder or a CSV file.

        Args:
            inferencer (ReIDInferencer): The model.
            source (str | Path): Folder, image or CSV file, which ``names``,
                ``splits`` and ``data_root`` explain, see
                :func:`~aanet.apis.sources.read_source`.
            names (str): What names of files tell. Defaults to ``'plain'``.
            splits (Sequence[str]): Rows of a CSV file. Defaults to
                ('gallery',).
            data_root (str | Path | None): Where its paths start. Defaults to
                None, which is its folder.
            batch_size (int): Images of a batch. Defaults to 32.
            **options (Any): Arguments of the class.

        Returns:
            Gallery: The gallery.

        Raises:
            FileNotFoundError: If there is no such source.
            ValueError: If it is malformed, or an image cannot be read.
        """
        gallery = cls(**options)
        records = read_source(source, names, splits, data_root)
        gallery.add(extract_records(inferencer, records, batch_size))
        return gallery

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def settings(self) -> SearchSettings:
        """How it is searched."""
        return self._neighbors.settings

    def check_model(self, identity: ModelIdentity | None) -> None:
        """Refuse another model than that of the entries.

        Args:
            identity (ModelIdentity | None): The model; None if it is not
                known, which is let through.

        Raises:
            ValueError: If it is another one.
        """
        own = self.identity
        if own and identity and not own.agrees_with(identity):
            raise ValueError(
                f'the gallery was made with the model {own}, and this is '
                f'{identity}: use that model, or build the gallery again.'
            )

    def add(
        self,
        features: FeaturesLike,
        pids: Ids | None = None,
        camids: Ids | None = None,
        paths: Sequence[str] | None = None,
    ) -> None:
        """Append images; all of them, or none if there is an error.

        Args:
            features (FeaturesLike): Shape (M, D). What a
                :class:`~aanet.apis.ReIDInferencer` extracted brings its
                paths, and perhaps identities and cameras.
            pids (Ids | None): Identities, -1 where unknown. Defaults to
                None.
            camids (Ids | None): Cameras, -1 where unknown. Defaults to None.
            paths (Sequence[str] | None): Files, '' where there is none.
                Defaults to None.

        Raises:
            ValueError: If the features are of another model or not finite,
                a length differs, or an image is in the gallery already.
        """
        given = self._checked(features)
        new = Entries.of(
            self._as_kept(given.features),
            given.pids if pids is None else pids,
            given.camids if camids is None else camids,
            given.paths if paths is None else paths,
            self._next_uid,
        )
        self.entries = self.entries.joined(new)
        self._next_uid += len(new)
        self.identity = self.identity or given.identity

    def remove(
        self, pids: Collection[int] = (), paths: Collection[str] = ()
    ) -> int:
        """Remove the images of some persons, and some images.

        Args:
            pids (Collection[int]): Identities. Defaults to ().
            paths (Collection[str]): Files, as they were added. Defaults to
                ().

        Returns:
            int: How many images were removed.

        Raises:
            ValueError: If one of them is not in the gallery; then nothing is
                removed.
        """
        before = len(self)
        self.entries = self.entries.without(pids, paths)
        return before - len(self)

    def calibrate(
        self,
        features: FeaturesLike,
        pids: Ids | None = None,
        camids: Ids | None = None,
        fpr: float = 1e-3,
        per: str = 'pair',
    ) -> Threshold:
        """Find the threshold of a false positive rate, and keep it.

        Args:
            features (FeaturesLike): Features of a validation set, shape
                (V, D): images that the model was not trained on.
            pids (Ids | None): Their identities; those below 1 are left out.
                Defaults to None, which takes those of ``features``.
            camids (Ids | None): Their cameras. Defaults to None, which takes
                those of ``features``.
            fpr (float): Share of the negatives to accept. Defaults to 1e-3.
            per (str): ``'pair'``: negatives are the pairs of images of
                different persons in the validation set. ``'query'``: they
                are its images, searched in this gallery as if their persons
                were not in it, which depends on the gallery's size. Defaults
                to ``'pair'``.

        Returns:
            Threshold: What was found.

        Raises:
            ValueError: If identities are missing, or there are too few
                images to tell such a share.
        """
        given = self._checked(features)
        self.threshold = find_threshold(
            given.features,
            given.pids if pids is None else pids,
            given.camids if camids is None else camids,
            fpr=fpr,
            per=per,
            distance=self.distance,
            entries=self.entries,
        )
        return self.threshold

    def search(
        self,
        features: FeaturesLike,
        topk: int = 10,
        cameras: Collection[int] | None = None,
        not_cameras: Collection[int] = (),
        threshold: float | None = None,
    ) -> list[SearchResult]:
        """Find the nearest images.

        Args:
            features (FeaturesLike): Queries, shape (Q, D).
            topk (int): Images to find for each at most, K. Defaults to 10.
            cameras (Collection[int] | None): Only images of these cameras.
                Defaults to None, which is all.
            not_cameras (Collection[int]): No images of these cameras.
                Defaults to ().
            threshold (float | None): Only images nearer than this. Defaults
                to None, which takes the calibrated threshold; without one,
                and with ``math.inf``, every distance is accepted.

        Returns:
            list[SearchResult]: The answer to each query.

        Raises:
            ValueError: If the gallery is empty, or the features are of
                another model.
        """
        given = self._checked(features)
        if not len(self):
            raise ValueError('the gallery is empty: add images first.')
        if threshold is None:
            threshold = self.threshold.value if self.threshold else np.inf
        allowed = self.entries.in_cameras(cameras, not_cameras)
        found = self._neighbors(given.features, self.entries, topk, allowed)
        return [
            SearchResult.of(self.entries, distances, rows, threshold)
            for distances, rows in zip(*found, strict=True)
        ]

    def recall(self, features: FeaturesLike, topk: int = 10) -> float:
        """Measure what an approximate search loses.

        Args:
            features (FeaturesLike): Queries, shape (Q, D).
            topk (int): Images to find for each, K. Defaults to 10.

        Returns:
            float: Share of the K nearest images that the search finds, in
            0..1; mean of all queries.
        """
        asked = self._checked(features).features
        exact = self._neighbors.exact(asked, self.entries, topk)
        found = self._neighbors(asked, self.entries, topk)
        shares = [
            np.isin(rows, wanted).mean()
            for rows, wanted in zip(found.rows, exact.rows, strict=True)
        ]
        return float(np.mean(shares))

    def save(self, path: str | Path) -> None:
        """Write a file; it is the old one or the new one, never half of it.

        Args:
            path (str | Path): Where to; the usual suffix is ``.npz``.

        Raises:
            UnwritableFileError: If it cannot be written.
        """
        meta = GalleryMeta(
            distance=self.distance,
            search=self.settings,
            identity=self.identity,
            threshold=self.threshold,
            model_file=self.model_file,
            next_uid=self._next_uid,
        )
        save_gallery(path, self.entries, meta)

    @classmethod
    def open(
        cls, path: str | Path, search: dict | SearchSettings | None = None
    ) -> 'Gallery':
        """Read what :meth:`save` wrote; nothing in the file is run.

        Args:
            path (str | Path): The file.
            search (dict | SearchSettings | None): How to search. Defaults to
                None, which is as it was saved.

        Returns:
            Gallery: The gallery.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If it is no gallery, damaged, or of a newer version.
        """
        entries, meta = read_gallery(path)
        dtype = entries.features.dtype.name
        gallery = cls(meta.distance, dtype, search or meta.search)
        gallery.entries = entries
        gallery.identity = meta.identity
        gallery.threshold = meta.threshold
        gallery.model_file = meta.model_file
        gallery._next_uid = meta.next_uid
        return gallery

    def _checked(self, features: FeaturesLike) -> ExtractedFeatures:
        """Features in one form, if they are of the gallery's model."""
        given = as_extracted(features)
        self.check_model(given.identity)
        own, dims = self.entries.features.shape[1], given.features.shape[1]
        if own and own != dims:
            raise ValueError(
                f'the features have {dims} dimensions and those of the '
                f'gallery {own}: extract them with the same model.'
            )
        return given

    def _as_kept(self, features: np.ndarray) -> np.ndarray:
        """A copy in the gallery's precision."""
        with np.errstate(over='ignore'):
            kept = features.astype(self.entries.features.dtype)
        if not np.isfinite(kept).all():
            raise ValueError(
                'the features are too large for float16: build the gallery '
                'with float32.'
            )
        return kept
