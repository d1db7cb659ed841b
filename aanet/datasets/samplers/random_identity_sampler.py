"""Batches of P identities with K images each, for losses over pairs."""

from collections.abc import Iterator

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from aanet.datasets.labels import read_labels
from aanet.datasets.samplers.deck import Deck
from aanet.datasets.seeded_index import SeededIndex
from aanet.registry import DATA_SAMPLERS

EPOCH_LENGTHS = ('images', 'ids')
_WHERE = 'in train_dataloader.sampler'


@DATA_SAMPLERS.register_module()
class RandomIdentitySampler(Sampler):
    """Yields indices such that each batch is P identities x K images.

    - The identities of a batch differ. They come from a reshuffled cycle,
      so that all are used equally often in an epoch.
    - The images of an identity differ, if it has K; if not, each comes once
      and then any of them again. They too come from a reshuffled cycle.
    - The sequence of batches depends on ``(seed, epoch)``. Rank r of W takes
      the batches r, r + W, ...: each rank has its own P x K, and all have
      equally many batches.
    - Each index is a :class:`~aanet.datasets.seeded_index.SeededIndex`,
      whose seed depends on seed, epoch, batch and position.

    Args:
        dataset (BaseDataset): A train set whose samples have ``gt_label``.
        num_ids (int): P, identities in a batch.
        num_instances (int): K, images of each. The data loader's
            ``batch_size`` must be P * K.
        seed (int, optional): The same on all ranks. Defaults to None, which
            lets the ranks agree on a random one.
        epoch_length (str): 'images': as many batches as the images would
            fill; 'ids': one visit per identity; over all ranks, rounded
            down. Defaults to 'images'.

    Raises:
        ValueError: If the settings do not fit the data set.
    """

    def __init__(
        self,
        dataset: BaseDataset,
        num_ids: int,
        num_instances: int,
        seed: int | None = None,
        epoch_length: str = 'images',
    ) -> None:
        _check_settings(num_ids, num_instances, seed, epoch_length)
        self.num_ids = num_ids
        self.num_instances = num_instances
        self.seed = sync_random_seed() if seed is None else seed
        self.epoch = 0
        self.rank, self.world_size = get_dist_info()
        self._start = 0
        self._images = _group_images(dataset)
        if len(self._images) < num_ids:
            raise ValueError(
                f'the data set has {len(self._images)} identities, fewer than '
                f'num_ids={num_ids} {_WHERE}: lower num_ids, and batch_size '
                'with it.'
            )
        self.num_batches = self._count_batches(epoch_length)

    def __iter__(self) -> Iterator[SeededIndex]:
        """The samples of this rank in this epoch."""
        start, self._start = self._start, 0
        return self._samples(start)

    def __len__(self) -> int:
        """Number of samples of this rank in an epoch."""
        return self.num_batches * self.num_ids * self.num_instances

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose batches come next.

        Args:
            epoch (int): From 0.
        """
        self.epoch = epoch

    def set_start(self, batches: int) -> None:
        """Let the next iteration, and only it, start within the epoch.

        Args:
            batches (int): Batches of this rank to leave out.

        Raises:
            ValueError: If the epoch has fewer batches.
        """
        if not 0 <= batches <= self.num_batches:
            raise ValueError(
                f'cannot start after {batches} batches of an epoch of '
                f'{self.num_batches}: the run was made with other data, '
                'another sampler or another number of processes.'
            )
        self._start = batches

    def _count_batches(self, epoch_length: str) -> int:
        """Batches of one rank in an epoch."""
        if epoch_length == 'ids':
            total = len(self._images) // self.num_ids
        else:
            num_images = sum(map(len, self._images))
            total = num_images // (self.num_ids * self.num_instances)
        if total < self.world_size:
            raise ValueError(
                f"an epoch of epoch_length='{epoch_length}' has {total} "
                f'batches of num_ids={self.num_ids} x num_instances='
                f'{self.num_instances} {_WHERE} for {self.world_size} '
                'process(es): lower num_ids or num_instances, and batch_size '
                'with them, or use fewer processes.'
            )
        return total // self.world_size

    def _samples(self, start: int) -> Iterator[SeededIndex]:
        for number, batch in enumerate(self._all_batches()):
            turn, rank = divmod(number, self.world_size)
            if rank == self.rank and turn >= start:
                key = (self.seed, self.epoch, number)
                seeds = np.random.SeedSequence(key).generate_state(len(batch))
                yield from map(SeededIndex, batch, seeds.tolist())

    def _all_batches(self) -> Iterator[list[int]]:
        """The batches of all ranks, in order."""
        rng = np.random.default_rng((self.seed, self.epoch))
        identities = Deck(range(len(self._images)), rng)
        images = [Deck(indices, rng) for indices in self._images]
        for _ in range(self.num_batches * self.world_size):
            yield [
                index
                for identity in identities.draw(self.num_ids)
                for index in images[identity].draw(self.num_instances)
            ]


def _group_images(dataset: BaseDataset) -> list[list[int]]:
    """The indices of each identity, in the order of the labels."""
    if getattr(dataset, 'test_mode', False):
        raise ValueError(
            'RandomIdentitySampler makes train batches, but its data set is '
            "in test mode: set split='train' in train_dataloader.dataset."
        )
    groups: dict[int, list[int]] = {}
    for index, label in enumerate(read_labels(dataset)):
        groups.setdefault(label, []).append(index)
    return [groups[label] for label in sorted(groups)]


def _check_settings(
    num_ids: int, num_instances: int, seed: int | None, epoch_length: str
) -> None:
    sizes = dict(num_ids=num_ids, num_instances=num_instances)
    for key, value in sizes.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(
                f'{key} {_WHERE} must be a positive integer, got {value!r}.'
            )
    if seed is not None and seed < 0:
        raise ValueError(f'seed {_WHERE} must be >= 0, got {seed}.')
    if epoch_length not in EPOCH_LENGTHS:
        raise ValueError(
            f"unknown epoch_length='{epoch_length}' {_WHERE}: choose 'images' "
            "or 'ids'."
        )
