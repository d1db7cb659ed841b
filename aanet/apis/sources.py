"""Where the images of a gallery, and what is known of them, come from."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from aanet.apis.entries import UNKNOWN_PID
from aanet.apis.images import list_folder
from aanet.datasets.market_style import read_folder
from aanet.datasets.records import JUNK_PID, NO_CAMERA, Record, read_csv


def _plain(folder: Path) -> list[Record]:
    """Nothing is known of the images."""
    return [
        Record(path, UNKNOWN_PID, NO_CAMERA) for path in list_folder(folder)
    ]


def _by_folder(folder: Path) -> list[Record]:
    """The images of each person lie in a folder of the identity's name."""
    records = []
    for path in list_folder(folder):
        name = Path(path).parent.name
        if not re.fullmatch('[0-9]{1,18}', name):
            raise ValueError(
                f'image {path} does not lie in a folder that is named by an '
                f'identity, such as {folder}/0042: names=folders needs that.'
            )
        records.append(Record(path, int(name), NO_CAMERA))
    return records


def _by_market_names(folder: Path) -> list[Record]:
    """``0002_c1s1_000451_03.jpg`` is identity 2 in camera 0; no junk."""
    return [r for r in read_folder(folder) if r.pid != JUNK_PID]


NAMES: dict[str, Callable[[Path], list[Record]]] = {
    'plain': _plain,
    'folders': _by_folder,
    'market1501': _by_market_names,
}
"""What the names of files say: nothing, or identities, or cameras too."""


def read_source(
    source: str | Path,
    names: str = 'plain',
    splits: Sequence[str] = ('gallery',),
    data_root: str | Path | None = None,
) -> list[Record]:
    """List images with identities and cameras.

    Args:
        source (str | Path): A folder, a single image, or a CSV file as
            docs/own_data.md describes it.
        names (str): A key of ``NAMES``, for folders. Defaults to
            ``'plain'``.
        splits (Sequence[str]): The rows of a CSV file to take. Defaults to
            ('gallery',).
        data_root (str | Path | None): Folder that the paths in a CSV file
            start from. Defaults to None, which is the folder of the file.

    Returns:
        list[Record]: The images; identity -1 and camera -1 where unknown.

    Raises:
        FileNotFoundError: If there is no such file or folder, or no image.
        ValueError: If names or rows are malformed.
    """
    source = Path(source)
    if source.suffix.lower() == '.csv':
        root = source.parent if data_root is None else data_root
        return [
            record
            for split in splits
            for record in read_csv(str(source), str(root), split)
            if record.pid != JUNK_PID
        ]
    if names not in NAMES:
        raise ValueError(f'names must be one of {list(NAMES)}, not {names!r}.')
    if source.is_file():
        return [Record(str(source), UNKNOWN_PID, NO_CAMERA)]
    return NAMES[names](source)
