"""The batches that a training would see, and how they come about.

Which images form a batch and how each is changed depends on seed, epoch and
batch alone, so that what is looked at here is what is trained on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.runner import Runner

from aanet.datasets.guarded_pipeline import run_guarded
from aanet.visualization.pictures import as_rgb
from aanet.visualization.preprocessing import Preprocessing

Stage = tuple[str, np.ndarray]
"""Name of a step and the image behind it, RGB."""

ORIGINAL, NETWORK = 'original', 'network input'


@dataclass(frozen=True)
class TrainImage:
    """An image of a batch.

    Attributes:
        path (str): Its file.
        label (int): Class of its person.
        pid (str): Identity of its person, '' where it is not known.
        camid (int): Its camera, -1 where it is not known.
        stages (list[Stage]): What became of it.
    """

    path: str
    label: int
    pid: str
    camid: int
    stages: list[Stage]


class TrainBatches:
    """The batches of a config's train data loader, on one process.

    Args:
        cfg (Config): The config.
    """

    def __init__(self, cfg: Config) -> None:
        randomness = cfg.get('randomness') or {}
        self.seed = randomness.get('seed')
        settings = cfg.train_dataloader.to_dict()
        # Workers do not change what is drawn.
        settings.update(
            num_workers=0, persistent_workers=False, pin_memory=False
        )
        settings.pop('prefetch_factor', None)
        self.loader: Any = Runner.build_dataloader(
            settings,
            seed=self.seed,
            diff_rank_seed=randomness.get('diff_rank_seed', False),
        )
        self.preprocessing = Preprocessing(cfg)

    def indices(self, epoch: int, batch: int) -> list[int]:
        """Which samples a batch is made of.

        Args:
            epoch (int): From 1, as the log counts.
            batch (int): From 1, as the log counts.

        Returns:
            list[int]: Indices, with the seeds of their augmentation.

        Raises:
            ValueError: If there is no such batch.
        """
        if epoch < 1:
            raise ValueError(f'epochs count from 1: there is no {epoch}.')
        if not 1 <= batch <= len(self.loader):
            raise ValueError(
                f'an epoch has the batches 1 to {len(self.loader)}: there is '
                f'no {batch}.'
            )
        if hasattr(self.loader.sampler, 'set_epoch'):
            self.loader.sampler.set_epoch(epoch - 1)
        return next(islice(self.loader.batch_sampler, batch - 1, None))

    def images(self, indices: Sequence[int], mode: str) -> list[TrainImage]:
        """Load the images of a batch.

        Args:
            indices (Sequence[int]): From :meth:`indices`.
            mode (str): ``'transformed'``, ``'original'``, ``'concat'``, both
                of them, or ``'pipeline'``, every step.

        Returns:
            list[TrainImage]: One for each index.
        """
        stages: list[list[Stage]] = [[] for _ in indices]
        if mode != 'transformed':
            for index, own in zip(indices, stages, strict=True):
                traced = self.trace(index)
                if mode == 'pipeline':
                    own.extend(traced)
                else:
                    own.append((ORIGINAL, traced[0][1]))
        if mode != 'original':
            inputs = self.network_inputs(indices)
            for image, own in zip(inputs, stages, strict=True):
                own.append((NETWORK, image))
        classes = self.loader.dataset.metainfo.get('classes', ())
        infos = [self.loader.dataset.get_data_info(int(i)) for i in indices]
        return [
            TrainImage(
                path=info['img_path'],
                label=info['gt_label'],
                pid=str(classes[info['gt_label']]) if classes else '',
                camid=info.get('camid', -1),
                stages=own,
            )
            for info, own in zip(infos, stages, strict=True)
        ]

    def trace(self, index: int) -> list[Stage]:
        """Run the pipeline on a sample, and keep the image of each step.

        Args:
            index (int): One of :meth:`indices`.

        Returns:
            list[Stage]: Each transform that leaves an image.

        Raises:
            ValueError: If the data set has no pipeline of its own.
        """
        dataset = self.loader.dataset
        pipeline = getattr(dataset, 'pipeline', None)
        if not isinstance(pipeline, Compose):
            raise ValueError(
                f'{type(dataset).__name__} has no pipeline of its own: only '
                '--mode transformed can show what it gives.'
            )
        stages: list[Stage] = []

        def run(data: dict) -> Any:
            for transform in pipeline.transforms:
                data = transform(data)
                image = data.get('img') if isinstance(data, dict) else None
                if image is not None:
                    stages.append((type(transform).__name__, as_rgb(image)))
            return data

        info = dataset.get_data_info(int(index))
        run_guarded(run, info, getattr(index, 'seed', None))
        return stages

    def load(self, indices: Sequence[int]) -> dict[str, Any]:
        """Load a batch as the data loader does.

        Args:
            indices (Sequence[int]): From :meth:`indices`.

        Returns:
            dict[str, Any]: ``inputs`` and ``data_samples``.
        """
        samples = [self.loader.dataset[index] for index in indices]
        return self.loader.collate_fn(samples)

    def network_inputs(self, indices: Sequence[int]) -> np.ndarray:
        """What the network sees, made visible again.

        Args:
            indices (Sequence[int]): From :meth:`indices`.

        Returns:
            np.ndarray: RGB, uint8, shape (N, H, W, 3).
        """
        return self.preprocessing.show(self.load(indices))
