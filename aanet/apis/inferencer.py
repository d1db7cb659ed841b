"""From images to features and distances, in a line of code each.

Letters: Q, G images; D numbers of a feature; K neighbors.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from mmengine.config import Config
from mmengine.infer import BaseInferencer
from mmpretrain.structures import DataSample
from torch import Tensor
from torch.utils.data import DataLoader

from aanet.apis.backends import Backend, open_backend
from aanet.apis.batches import features_of_batch, load_batches
from aanet.apis.exact_search import exact_topk
from aanet.apis.extracted import ExtractedFeatures, ImageFeature
from aanet.apis.images import Image, Inputs, LoadedImage, list_images
from aanet.evaluation.functional import pairwise_distance

InputsOrFeatures: TypeAlias = 'Inputs | ExtractedFeatures'
"""Images, or what :meth:`ReIDInferencer.extract` has made of them."""


class ReIDInferencer(BaseInferencer):
    """Features of images, as the test extracts them.

    The images go through the test pipeline of the model's config, so that
    the features are those of ``tools/test.py``, whatever the batch size.

    Args:
        model (str | Config | None): A config, its path, or its name, such
            as ``'aanet_r50_market'``; or the path of a checkpoint, which
            carries its config. Another backend takes its own files. Defaults
            to None, which takes the config that ``weights`` carries.
        weights (str | None): Path of the checkpoint. Defaults to None.
        device (str | None): Where to compute. Defaults to None, which is a
            GPU if there is one.
        backend (str): A key of :data:`aanet.apis.backends.BACKENDS`.
            Defaults to ``'torch'``.
        show_progress (bool): Whether to show a progress bar. Defaults to
            True.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If config and checkpoint do not fit together, or the
            checkpoint is refused: no code of it is run.

    Examples:
        >>> inferencer = ReIDInferencer('work_dirs/aanet/epoch_100.pth')
        >>> extracted = inferencer.extract('my_crops', batch_size=64)
        >>> extracted.features.shape, extracted.paths[0]
        ((420, 12288), 'my_crops/0001.jpg')
        >>> inferencer.topk('query.jpg', extracted, k=2)
        [[('my_crops/0042.jpg', 0.113), ('my_crops/0007.jpg', 0.325)]]
    """

    preprocess_kwargs = {'num_workers'}  # noqa: RUF012
    forward_kwargs = {'skip_unreadable'}  # noqa: RUF012

    def __init__(
        self,
        model: str | Config | None = None,
        weights: str | None = None,
        device: str | None = None,
        backend: str = 'torch',
        show_progress: bool = True,
    ) -> None:
        self.backend = open_backend(backend, model, weights, device)
        dataset = {'dataset': {'pipeline': self.backend.pipeline}}
        super().__init__(
            model=Config({'test_dataloader': dataset}),
            device='cpu',
            scope='aanet',
            show_progress=show_progress,
        )

    def __call__(
        self,
        inputs: Inputs,
        return_datasamples: bool = False,
        batch_size: int = 32,
        **kwargs: Any,
    ) -> dict:
        """Extract features, with mmengine's conventions.

        Args:
            inputs (Inputs): As in :meth:`extract`.
            return_datasamples (bool): Whether ``predictions`` is a list of
                data samples with ``pred_feature`` and ``img_path``. Defaults
                to False.
            batch_size (int): Images of a batch. Defaults to 32.
            **kwargs (Any): ``num_workers`` and ``skip_unreadable`` as in
                :meth:`extract`.

        Returns:
            dict: ``predictions``, the :class:`ExtractedFeatures`, and an
            empty ``visualization``.

        Raises:
            FileNotFoundError: If a folder holds no image.
            ValueError: If an image cannot be read.
        """
        return super().__call__(
            inputs, return_datasamples, batch_size, **kwargs
        )

    def extract(
        self,
        inputs: Inputs,
        batch_size: int = 32,
        num_workers: int = 0,
        skip_unreadable: bool = False,
    ) -> ExtractedFeatures:
        """Extract features.

        Args:
            inputs (Inputs): Paths of images, folders, arrays of shape
                (H, W, 3), uint8 and BGR, or lists of these.
            batch_size (int): Images of a batch. Defaults to 32.
            num_workers (int): Processes that read images; 0 reads them in
                this one. Defaults to 0.
            skip_unreadable (bool): Leave out images that cannot be read, and
                say so in ``unreadable``, instead of raising. Defaults to
                False.

        Returns:
            ExtractedFeatures: Features and names of the images.

        Raises:
            FileNotFoundError: If a folder holds no image.
            ValueError: If an image cannot be read; the message names it.
        """
        results = self(
            inputs,
            batch_size=batch_size,
            num_workers=num_workers,
            skip_unreadable=skip_unreadable,
        )
        return results['predictions']

    def distances(
        self,
        queries: InputsOrFeatures,
        gallery: InputsOrFeatures,
        distance: str = 'cosine',
    ) -> Tensor:
        """Distances from each query to each gallery image.

        Args:
            queries (InputsOrFeatures): Images, or their features.
            gallery (InputsOrFeatures): The same.
            distance (str): ``'cosine'`` or ``'euclidean'``. Defaults to
                ``'cosine'``.

        Returns:
            Tensor: Shape (Q, G).

        Raises:
            ValueError: If an image cannot be read, or the features are of
                another model.
        """
        asked, listed = self._features(queries), self._features(gallery)
        return pairwise_distance(asked.features, listed.features, distance)

    def topk(
        self,
        queries: InputsOrFeatures,
        gallery: InputsOrFeatures,
        k: int = 10,
        distance: str = 'cosine',
    ) -> list[list[tuple[str, float]]]:
        """The nearest gallery images of each query.

        Args:
            queries (InputsOrFeatures): Images, or their features.
            gallery (InputsOrFeatures): The same.
            k (int): Images to list, K. Defaults to 10.
            distance (str): ``'cosine'`` or ``'euclidean'``. Defaults to
                ``'cosine'``.

        Returns:
            list[list[tuple[str, float]]]: For each query the names and
            distances, nearest first; equal distances in gallery order.

        Raises:
            ValueError: If an image cannot be read, or the features are of
                another model.
        """
        asked, listed = self._features(queries), self._features(gallery)
        found = exact_topk(asked.features, listed.features, k, distance)
        return [
            [
                (listed.name(row), float(value))
                for row, value in zip(rows, values, strict=True)
            ]
            for values, rows in zip(*found, strict=True)
        ]

    def preprocess(
        self, inputs: list[Image], batch_size: int = 32, num_workers: int = 0
    ) -> DataLoader:
        """Batches of loaded images, see :func:`load_batches`."""
        return load_batches(inputs, self.pipeline, batch_size, num_workers)

    def forward(
        self, inputs: Sequence[LoadedImage], skip_unreadable: bool = False
    ) -> list[ImageFeature]:
        """Features of a batch, see :func:`features_of_batch`."""
        return features_of_batch(self.backend, inputs, skip_unreadable)

    def visualize(self, *_: Any, **__: Any) -> list:
        """Nothing: ``tools/visualization/vis_ranking.py`` draws."""
        return []

    def postprocess(
        self,
        preds: list[ImageFeature],
        visualization: list,
        return_datasample: bool = False,
    ) -> dict:
        """Bring the results to the form that :meth:`__call__` returns."""
        predictions: Any = ExtractedFeatures.of(preds, self.backend.identity)
        if return_datasample:
            predictions = [
                _data_sample(p) for p in preds if p.feature is not None
            ]
        return {'predictions': predictions, 'visualization': visualization}

    def _features(self, images: InputsOrFeatures) -> ExtractedFeatures:
        if not isinstance(images, ExtractedFeatures):
            return self.extract(images)
        own, other = self.backend.identity, images.identity
        if other is not None and not own.agrees_with(other):
            raise ValueError(
                f'these features are of {other}, but the model is {own}: '
                'extract them again.'
            )
        return images

    def _init_model(self, *_: Any, **__: Any) -> Backend:
        return self.backend

    def _init_pipeline(self, cfg: Config) -> list[dict]:
        return cfg.test_dataloader.dataset.pipeline

    def _init_collate(self, cfg: Config) -> type[list]:
        return list

    def _inputs_to_list(self, inputs: Inputs) -> list[Image]:
        return list_images(inputs)


def _data_sample(result: ImageFeature) -> DataSample:
    sample = DataSample(metainfo={'img_path': result.path})
    sample.pred_feature = torch.from_numpy(result.feature)
    return sample
