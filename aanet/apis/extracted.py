"""Features, with the images they belong to.

Letters: N images, D numbers of a feature.
"""

from collections import ChainMap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from aanet.apis.model_identity import ModelIdentity
from aanet.evaluation.functional.inputs import ArrayLike, as_float


class ImageFeature(NamedTuple):
    """The feature of one image.

    Attributes:
        path (str): Its file, '' for an image in memory.
        feature (np.ndarray | None): Shape (D,), float32; None if the image
            cannot be read.
        problem (str): Why it cannot be read; else ''.
    """

    path: str
    feature: np.ndarray | None
    problem: str = ''


@dataclass(frozen=True)
class ExtractedFeatures:
    """Features of the readable ones among some images.

    Attributes:
        features (np.ndarray): Shape (N, D), float32.
        paths (list[str]): File of each image, '' for an image in memory.
        kept (np.ndarray): Index of each among the inputs, shape (N,), int64.
        identity (ModelIdentity | None): The model; None if it is not known.
        unreadable (dict[str, str]): Why other images were left out, by path.
        pids (np.ndarray | None): Identities, -1 where unknown, shape (N,),
            int64. Defaults to None.
        camids (np.ndarray | None): Cameras, -1 where unknown, shape (N,),
            int64. Defaults to None.
    """

    features: np.ndarray
    paths: list[str]
    kept: np.ndarray
    identity: ModelIdentity | None
    unreadable: dict[str, str] = field(default_factory=dict)
    pids: np.ndarray | None = None
    camids: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.features)

    def name(self, row: int) -> str:
        """How to call an image.

        Args:
            row (int): Its row, in 0..N-1.

        Returns:
            str: Its path, or its number among the inputs.
        """
        return self.paths[row] or f'image {self.kept[row]}'

    @classmethod
    def of(
        cls, results: Sequence[ImageFeature], identity: ModelIdentity
    ) -> 'ExtractedFeatures':
        """Stack the features of single images.

        Args:
            results (Sequence[ImageFeature]): One for each input.
            identity (ModelIdentity): The model.

        Returns:
            ExtractedFeatures: Those of the readable images, in order.
        """
        kept = [i for i, r in enumerate(results) if r.feature is not None]
        feats = np.zeros((len(kept), identity.feature_dim), np.float32)
        for row, index in enumerate(kept):
            feats[row] = results[index].feature
        return cls(
            feats,
            [results[index].path for index in kept],
            np.array(kept, dtype=np.int64),
            identity,
            {r.path: r.problem for r in results if r.feature is None},
        )

    @classmethod
    def joined(
        cls, parts: Sequence['ExtractedFeatures']
    ) -> 'ExtractedFeatures':
        """Append features to each other.

        Args:
            parts (Sequence[ExtractedFeatures]): One or more, all with
                identities and cameras.

        Returns:
            ExtractedFeatures: All of them; ``kept`` counts on.
        """
        first, arrays = parts[0], {}
        for name in ('features', 'pids', 'camids'):
            arrays[name] = np.concatenate([getattr(p, name) for p in parts])
        sizes = [len(part) + len(part.unreadable) for part in parts]
        starts = np.cumsum([0, *sizes[:-1]])
        return cls(
            paths=[path for part in parts for path in part.paths],
            kept=np.concatenate(
                [p.kept + s for p, s in zip(parts, starts, strict=True)]
            ),
            identity=first.identity,
            unreadable=dict(ChainMap(*(p.unreadable for p in parts))),
            **arrays,
        )


FeaturesLike = ExtractedFeatures | ArrayLike
"""Features as they were extracted, or bare ones, shape (N, D)."""


def as_extracted(features: FeaturesLike) -> ExtractedFeatures:
    """Bring features to one form.

    Args:
        features (FeaturesLike): The features.

    Returns:
        ExtractedFeatures: The same, in float32.

    Raises:
        ValueError: If there are not exactly two dimensions, or a number is
            not finite; the message names the image.
    """
    if not isinstance(features, ExtractedFeatures):
        bare = as_float(features, 'features').float().cpu().numpy()
        number = len(bare)
        features = ExtractedFeatures(
            bare, [''] * number, np.arange(number), None
        )
    finite = np.isfinite(features.features).all(axis=1)
    if not finite.all():
        bad = features.name(int(np.flatnonzero(~finite)[0]))
        raise ValueError(
            f'the feature of {bad} holds NaN or infinity: check the model.'
        )
    return features
