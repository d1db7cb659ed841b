"""How many iterations an epoch of a config has, without its data."""

from typing import Any

from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.runner import Runner
from torch.utils.data import DataLoader, Dataset

from aanet.datasets.samplers import RandomIdentitySampler
from aanet.registry import DATASETS


class _Labels(Dataset):
    """Stands in for a train set of which only the size is known.

    Args:
        size (int): Number of images.
        num_ids (int): Number of identities, which share them evenly.
    """

    def __init__(self, size: int, num_ids: int) -> None:
        self.size = size
        self.num_ids = num_ids

    def __len__(self) -> int:
        return self.size

    def get_data_info(self, index: int) -> dict[str, int]:
        """All that an identity sampler reads."""
        return {'gt_label': index % self.num_ids}


def epoch_length(
    cfg: Config, dataset_size: int | None = None, processes: int = 1
) -> int:
    """Count the iterations of an epoch.

    The sampler and the batch size are the config's.

    Args:
        cfg (Config): The config.
        dataset_size (int | None): Number of train images. Defaults to None,
            which takes the published number, and reads the data where there
            is none.
        processes (int): How many will train. Defaults to 1.

    Returns:
        int: Iterations of each process.

    Raises:
        ValueError: If a number is not positive, or an epoch has no batch.
        FileNotFoundError: If the data must be read, and are not there.
    """
    for name, number in (
        ('--dataset-size', dataset_size),
        ('--ngpus', processes),
    ):
        if number is not None and number < 1:
            raise ValueError(f'{name} must be at least 1, not {number}.')
    size = dataset_size or _published_size(cfg)
    data = _read(cfg) if size is None else _Labels(size, _num_ids(cfg, size))
    loader = _loader(cfg, data)
    if isinstance(loader.sampler, RandomIdentitySampler):
        # It deals whole batches to the processes.
        length = len(loader) // processes
    else:
        share = _Labels(-(-len(data) // processes), 1)
        length = len(_loader(cfg, share))
    if length == 0:
        raise ValueError(
            f'{len(data)} images make no batch for each of {processes} '
            'process(es).'
        )
    return length


def _published_size(cfg: Config) -> int | None:
    """Train images of a public data set that is used as a whole."""
    settings = cfg.train_dataloader.dataset
    if settings.get('val_ids') or settings.get('indices') is not None:
        return None
    dataset = DATASETS.build({**settings, 'lazy_init': True})
    counts = getattr(dataset, 'official_counts', lambda part: None)('train')
    return None if counts is None else counts.images


def _read(cfg: Config) -> BaseDataset:
    """The data set itself, which is decoded nowhere."""
    try:
        return DATASETS.build(cfg.train_dataloader.dataset)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f'{error} Or give the number of train images, --dataset-size.'
        ) from error


def _num_ids(cfg: Config, size: int) -> int:
    """Identities that the model has classes for."""
    num_classes = cfg.model.get('head', {}).get('num_classes')
    return min(num_classes or size, size)


def _loader(cfg: Config, dataset: Dataset) -> DataLoader:
    settings: dict[str, Any] = {
        **cfg.train_dataloader.to_dict(),
        'dataset': dataset,
        'num_workers': 0,
        'persistent_workers': False,
        'pin_memory': False,
    }
    settings.pop('prefetch_factor', None)
    return Runner.build_dataloader(settings, seed=0)
