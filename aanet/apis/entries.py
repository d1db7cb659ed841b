"""The table of a gallery: one row for each image.

Letters: G entries, M new ones, D feature dimensions.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from aanet.datasets.records import NO_CAMERA
from aanet.evaluation.functional.inputs import Ids, as_ids

UNKNOWN_PID = -1
"""Identity of an entry of which nobody has said whom it shows."""


@dataclass(frozen=True)
class Entries:
    """The images of a gallery.

    Attributes:
        features (np.ndarray): Shape (G, D), float32 or float16.
        pids (np.ndarray): Identities, -1 where unknown, shape (G,), int64.
        camids (np.ndarray): Cameras, -1 where unknown, shape (G,), int64.
        paths (np.ndarray): Files, '' where there is none, shape (G,), str
            objects.
        uids (np.ndarray): Numbers that are never given again, ascending,
            shape (G,), int64.
    """

    features: np.ndarray
    pids: np.ndarray
    camids: np.ndarray
    paths: np.ndarray
    uids: np.ndarray

    def __len__(self) -> int:
        return len(self.uids)

    @classmethod
    def of(
        cls,
        features: np.ndarray,
        pids: Ids | None = None,
        camids: Ids | None = None,
        paths: Sequence[str] | None = None,
        first_uid: int = 0,
    ) -> 'Entries':
        """Make a table.

        Args:
            features (np.ndarray): Shape (M, D).
            pids (Ids | None): Identities. Defaults to None, which is that
                they are not known.
            camids (Ids | None): Cameras. Defaults to None, as above.
            paths (Sequence[str] | None): Files. Defaults to None, which is
                that there are none.
            first_uid (int): Number of the first entry. Defaults to 0.

        Returns:
            Entries: The table.

        Raises:
            ValueError: If lengths differ, or a path occurs twice.
        """
        number = len(features)
        names = np.array([''] * number if paths is None else paths, object)
        if names.shape != (number,):
            raise ValueError(
                f'paths must hold one path per image, shape ({number},), but '
                f'their shape is {names.shape}.'
            )
        return cls(
            features,
            as_ids(pids, 'pids', number),
            as_ids(camids, 'camids', number),
            names,
            np.arange(first_uid, first_uid + number),
        )._without_duplicates()

    def joined(self, others: 'Entries') -> 'Entries':
        """Append entries.

        Args:
            others (Entries): What to append; its dtype of features is kept.

        Returns:
            Entries: A new table.

        Raises:
            ValueError: If a path of theirs is in the table already.
        """
        if not len(self):
            return others
        columns = {
            field.name: np.concatenate(
                [getattr(self, field.name), getattr(others, field.name)]
            )
            for field in fields(self)
        }
        return Entries(**columns)._without_duplicates()

    def chosen(self, rows: np.ndarray) -> 'Entries':
        """Some of the entries.

        Args:
            rows (np.ndarray): Indices, or a bool for each entry.

        Returns:
            Entries: Copies of them.
        """
        return replace(
            self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)}
        )

    def without(
        self, pids: Collection[int], paths: Collection[str]
    ) -> 'Entries':
        """All entries but those of some persons, and some images.

        Args:
            pids (Collection[int]): Identities.
            paths (Collection[str]): Files.

        Returns:
            Entries: A new table.

        Raises:
            ValueError: If one of them is not in the table.
        """
        missing = [f'identity {pid}' for pid in pids if pid not in self.pids]
        missing += [f'image {p}' for p in paths if p not in self.known_paths]
        if missing:
            raise ValueError(
                f'{missing[0]} is not in the gallery ({len(missing)} of what '
                'should be removed are not).'
            )
        gone = np.isin(self.pids, list(pids))
        names = set(paths)
        gone |= np.array([path in names for path in self.paths], bool)
        return self.chosen(~gone)

    @cached_property
    def known_paths(self) -> frozenset[str]:
        """All paths but ''."""
        return frozenset(self.paths) - {''}

    def in_cameras(
        self,
        cameras: Collection[int] | None,
        not_cameras: Collection[int],
    ) -> np.ndarray | None:
        """Which entries a camera filter lets through.

        Args:
            cameras (Collection[int] | None): Only entries of these cameras;
                None for all. An entry without a camera is in none.
            not_cameras (Collection[int]): No entries of these cameras.

        Returns:
            np.ndarray | None: A bool for each entry; None for all.
        """
        if cameras is None and not not_cameras:
            return None
        allowed = ~np.isin(self.camids, list(not_cameras))
        if cameras is not None:
            allowed &= np.isin(self.camids, list(cameras))
            allowed &= self.camids != NO_CAMERA
        return allowed

    def _without_duplicates(self) -> 'Entries':
        named = self.paths[self.paths != '']
        if len(self.known_paths) < len(named):
            paths, counts = np.unique(named.astype(str), return_counts=True)
            raise ValueError(
                f'image {paths[counts > 1][0]} would be in the gallery twice '
                f'({(counts > 1).sum()} such images): remove it first.'
            )
        return self
