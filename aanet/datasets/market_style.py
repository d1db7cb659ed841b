"""The folders and file names of Market-1501, which most data sets share."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from aanet.datasets.records import PARTS, Counts, Record
from aanet.datasets.reid_dataset import ReIDDataset

FOLDERS = {
    'train': 'bounding_box_train',
    'query': 'query',
    'gallery': 'bounding_box_test',
}
_IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp')
# As many digits as an identity of 64 bits can have.
_NAME = re.compile(r'(-1|[0-9]{1,18})_c([0-9]{1,18})(?![0-9])')


def list_images(folder: Path) -> list[Path]:
    """List the image files of a folder, sorted by name.

    Args:
        folder (Path): The folder.

    Returns:
        list[Path]: Files with the suffix of an image.

    Raises:
        FileNotFoundError: If the folder is missing or holds no image.
    """
    if not folder.is_dir():
        raise FileNotFoundError(
            f'folder {folder} does not exist; docs/prepare_data.md says '
            'what the data set must look like.'
        )
    names = sorted(os.listdir(folder))
    images = [n for n in names if n.lower().endswith(_IMAGE_SUFFIXES)]
    if not images:
        raise FileNotFoundError(
            f'folder {folder} holds no image ({len(names)} other files); '
            'docs/prepare_data.md says what the data set must look like.'
        )
    return [folder / name for name in images]


def read_folder(folder: Path) -> list[Record]:
    """Read identity and camera from file names like ``0002_c1s1_000451_03``.

    Args:
        folder (Path): A folder of images.

    Returns:
        list[Record]: Sorted by name; cameras count from 0 here.

    Raises:
        FileNotFoundError: If the folder is missing or holds no image.
        ValueError: If an image has another kind of name.
    """
    records = []
    for path in list_images(folder):
        match = _NAME.match(path.name)
        if match is None or not int(match[2]):
            raise ValueError(
                f'image {path} is not named <identity>_c<camera>..., like '
                '0002_c1s1_000451_03.jpg, with an identity from 0, or -1 for '
                'junk, and a camera from 1: rename or remove it.'
            )
        pid, camera = map(int, match.groups())
        records.append(Record(str(path), pid, camera - 1))
    return records


class MarketStyleDataset(ReIDDataset):
    """A data set in the folders and with the file names of Market-1501.

    Attributes:
        NAME (str): Its name, for logs and tables.
        SUBFOLDERS (tuple[str, ...]): Where in ``data_root`` its folders may
            lie; the first that exists is taken.
        OFFICIAL (Mapping[str, Counts]): Published size of each part.
        HINT (str): More that a user who lacks the data should know.
    """

    NAME: ClassVar[str]
    SUBFOLDERS: ClassVar[tuple[str, ...]] = ('',)
    OFFICIAL: ClassVar[Mapping[str, Counts]] = {}
    HINT: ClassVar[str] = ''

    @property
    def display_name(self) -> str:
        """Name of the data set with its variant, for logs and tables."""
        return self.NAME

    def folder(self, part: str) -> str:
        """Folder of one part, within the root."""
        return FOLDERS[part]

    def official_counts(self, part: str) -> Counts | None:
        """Published size of one part, where there is one."""
        return self.OFFICIAL.get(part)

    def load_records(self, part: str) -> list[Record]:
        """Find the images of one part, junk included.

        Args:
            part (str): 'train', 'query' or 'gallery'.

        Returns:
            list[Record]: Sorted by file name.

        Raises:
            FileNotFoundError: If the data is not there.
            ValueError: If a file name cannot be understood.
        """
        return read_folder(self.find_root() / self.folder(part))

    def find_root(self) -> Path:
        """Find the folder that the folders of images lie in.

        Returns:
            Path: ``data_root`` or one of its ``SUBFOLDERS``.

        Raises:
            FileNotFoundError: If there is none.
        """
        root = Path(self.data_root)
        folders = [self.folder(part) for part in PARTS]
        for subfolder in self.SUBFOLDERS:
            if any((root / subfolder / folder).is_dir() for folder in folders):
                return root / subfolder
        state = 'does not exist'
        if root.is_dir():
            state = 'has none of them' if any(root.iterdir()) else 'is empty'
        places = ' or '.join(f"'{sub}'" for sub in self.SUBFOLDERS if sub)
        raise FileNotFoundError(
            f"{self.display_name} not found: data_root '{root}' {state}; "
            f'expected the folders {", ".join(folders)} in it'
            f'{places and f" or in its folder {places}"}{self.HINT}; '
            'see docs/prepare_data.md.'
        )
