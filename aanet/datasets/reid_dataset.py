"""The data set that all others here are, and that reads CSV files itself."""

import logging
import os
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from aanet.datasets.guarded_pipeline import run_guarded
from aanet.datasets.held_out import choose_held_out, split_query_gallery
from aanet.datasets.image_files import UnreadableImageError
from aanet.datasets.labels import read_labels, replacement_order
from aanet.datasets.records import (
    JUNK_PID,
    Counts,
    Record,
    count,
    read_csv,
)
from aanet.registry import DATASETS

SPLITS = ('train', 'val', 'query', 'gallery', 'test')


@DATASETS.register_module()
class ReIDDataset(BaseDataset):
    """Images of persons with identity and camera.

    Each entry of ``data_list`` holds

    - ``img_path`` (str);
    - ``gt_label`` (int): in 'train' a class, 0..N-1 in the order of the
      pids; elsewhere the pid as annotated;
    - ``camid`` (int): camera from 0, or -1 where it is unknown, which
      switches the same-camera rule off for that image;
    - ``split`` (str): 'train', 'query' or 'gallery'.

    Junk images (pid -1) are left out and counted in ``num_junk``. The
    metainfo holds ``dataset``, the name to print, and for 'train'
    ``num_ids`` and ``classes``, the pids as strings.

    This class reads a CSV file, see :func:`aanet.datasets.records.read_csv`;
    its subclasses read the layout of a public data set.

    Args:
        data_root (str): Folder of the data set. Defaults to ''.
        split (str): 'train'; 'query'; 'gallery'; 'test', which is the query
            followed by the gallery; or 'val', the same made of held-out
            train identities. Defaults to 'train'.
        pipeline (Sequence): Transforms. Defaults to ().
        val_ids (int): Number of train identities that 'val' consists of and
            'train' leaves out. Defaults to 0.
        val_seed (int): Chooses these identities. Defaults to 0.
        skip_unreadable (bool): Replace an unreadable train image by the
            next readable one of the same identity, or of the next identity,
            instead of raising. ``num_skipped`` counts such files.
            Defaults to False.
        ann_file (str): CSV file, absolute or within ``data_root``.
            Defaults to ''.
        **kwargs (Any): As in :class:`mmengine.dataset.BaseDataset`.
            ``test_mode`` is by default on for all splits but 'train'.

    Raises:
        ValueError: If an argument or the data does not fit.
        FileNotFoundError: If the data is not there.
    """

    def __init__(
        self,
        data_root: str = '',
        split: str = 'train',
        pipeline: Sequence = (),
        val_ids: int = 0,
        val_seed: int = 0,
        skip_unreadable: bool = False,
        ann_file: str = '',
        **kwargs: Any,
    ) -> None:
        _check_arguments(split, val_ids, skip_unreadable)
        self.split = split
        self.val_ids = val_ids
        self.val_seed = val_seed
        self.skip_unreadable = skip_unreadable
        self.num_junk = 0
        self._labels: list[int] = []
        self._skipped = torch.zeros(0, dtype=torch.bool)
        kwargs.setdefault('test_mode', split != 'train')
        super().__init__(
            ann_file=ann_file,
            data_root=data_root,
            pipeline=pipeline,
            **kwargs,
        )

    @property
    def display_name(self) -> str:
        """Name of the data set with its variant, for logs and tables."""
        return Path(self.ann_file).stem

    def official_counts(self, part: str) -> Counts | None:
        """Published size of one part; a data set that differs is warned of.

        Args:
            part (str): 'train', 'query' or 'gallery'.

        Returns:
            Counts | None: None where nothing is published.
        """
        return None

    def load_records(self, part: str) -> list[Record]:
        """Find the images of one part, junk included.

        Args:
            part (str): 'train', 'query' or 'gallery'.

        Returns:
            list[Record]: In an order that the data alone decides.
        """
        if not self.ann_file:
            raise ValueError(
                'ReIDDataset needs ann_file, a CSV file with the columns '
                'path, pid, split and perhaps camid; docs/prepare_data.md '
                'describes it.'
            )
        prefix = self.data_prefix.get('img_path', self.data_root)
        records = read_csv(self.ann_file, prefix, part)
        if not self.skip_unreadable:
            self._check_files(records)
        return records

    def load_data_list(self) -> list[dict]:
        """Load the entries of the split, see the class."""
        parts = self._load_parts()
        self._metainfo.setdefault('dataset', self.display_name)
        pids = sorted({record.pid for record in chain(*parts.values())})
        labels = {pid: pid for pid in pids}
        if self.split == 'train':
            labels = {pid: label for label, pid in enumerate(pids)}
            self._metainfo['num_ids'] = len(pids)
            self._metainfo['classes'] = tuple(map(str, pids))
        return [
            dict(
                img_path=record.img_path,
                gt_label=labels[record.pid],
                camid=record.camid,
                split=part,
            )
            for part, records in parts.items()
            for record in records
        ]

    def full_init(self) -> None:
        """Load the entries, once."""
        super().full_init()
        if self.skip_unreadable and not self._labels:
            self._labels = read_labels(self)
            # Shared with the workers of a data loader.
            self._skipped = torch.zeros(len(self), dtype=torch.bool)
            self._skipped.share_memory_()

    @property
    def skipped(self) -> torch.Tensor:
        """Which files were found unreadable so far, by all workers together.

        Shape (len(self),), bool; empty without ``skip_unreadable``.
        """
        return self._skipped.clone()

    @property
    def num_skipped(self) -> int:
        """Unreadable files met so far, by all workers together."""
        return int(self._skipped.sum())

    def prepare_data(self, idx: int) -> Any:
        """Run the pipeline on a sample.

        A :class:`~aanet.datasets.seeded_index.SeededIndex` brings the seed
        that all random transforms then draw from.

        Args:
            idx (int): Index of the sample.

        Returns:
            Any: What the pipeline returns.

        Raises:
            UnreadableImageError: If the image cannot be read.
        """
        seed = getattr(idx, 'seed', None)
        if not self.skip_unreadable:
            info = self.get_data_info(int(idx))
            return run_guarded(self.pipeline, info, seed)
        for candidate in replacement_order(self._labels, int(idx)):
            if self._skipped[candidate]:
                continue
            try:
                info = self.get_data_info(candidate)
                return run_guarded(self.pipeline, info, seed)
            except UnreadableImageError as error:
                self._skipped[candidate] = True
                print_log(
                    f'skipped: {error}', 'current', level=logging.WARNING
                )
        raise ValueError(
            f'none of the {len(self)} images of {self.display_name} can be '
            'read: check data_root and the files.'
        )

    def _load_parts(self) -> dict[str, list[Record]]:
        """The usable records of each part of the split."""
        if self.split in ('train', 'val'):
            train = self._usable_records('train')
            held_out = choose_held_out(train, self.val_ids, self.val_seed)
            wanted = self.split == 'val'
            train = [r for r in train if (r.pid in held_out) == wanted]
            if self.split == 'train':
                return {'train': train}
            query, gallery = split_query_gallery(train)
            return {'query': query, 'gallery': gallery}
        names = ('query', 'gallery') if self.split == 'test' else (self.split,)
        return {name: self._usable_records(name) for name in names}

    def _usable_records(self, part: str) -> list[Record]:
        records = self.load_records(part)
        usable = [record for record in records if record.pid != JUNK_PID]
        if not usable:
            raise ValueError(
                f'{self.display_name} {part}: all {len(records)} images are '
                'junk (identity -1); identities count from 1.'
            )
        self.num_junk += len(records) - len(usable)
        found, official = count(records), self.official_counts(part)
        if official and found != official:
            print_log(
                f'{self.display_name} {part}: expected {official.images} '
                f'images of {official.ids} identities, found {found.images} '
                f'of {found.ids}; results will not be comparable.',
                logger='current',
                level=logging.WARNING,
            )
        return usable

    def _check_files(self, records: Sequence[Record]) -> None:
        missing = [
            r.img_path for r in records if not os.path.isfile(r.img_path)
        ]
        if missing:
            raise FileNotFoundError(
                f'{self.ann_file} names the image {missing[0]}, which does '
                f'not exist ({len(missing)} of {len(records)} are missing): '
                'paths are relative to data_root.'
            )


def _check_arguments(split: str, val_ids: int, skip_unreadable: bool) -> None:
    if split not in SPLITS:
        raise ValueError(
            f"unknown split '{split}': choose one of {', '.join(SPLITS)}."
        )
    if split == 'val' and val_ids < 1:
        raise ValueError(
            "split='val' needs val_ids >= 1, the number of train identities "
            'to hold out; give train and val the same val_ids and val_seed.'
        )
    if skip_unreadable and split != 'train':
        raise ValueError(
            f"skip_unreadable=True would change the images of split='{split}'"
            ', and with them the score: remove the unreadable files instead.'
        )
