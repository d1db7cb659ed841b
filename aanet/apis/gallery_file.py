"""Files of galleries: whole or not there, and safe to open.

A file is an ``.npz`` of plain arrays: ``features``, ``pids``, ``camids``,
``uids``, and as JSON in UTF-8 ``paths`` and ``meta``. Nothing in it is ever
unpickled or run.
"""

import json
import zipfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aanet.apis.entries import Entries
from aanet.apis.model_identity import ModelIdentity
from aanet.apis.search_settings import SearchSettings
from aanet.apis.threshold import Threshold
from aanet.evaluation.functional.distance import check_distance
from aanet.utils.safe_saving import whole_file
from aanet.version import __version__

FORMAT = 'aanet-gallery'
VERSION = 1
"""Grows when older versions could misread the file."""

_COLUMNS = ('features', 'pids', 'camids', 'uids')
_DAMAGE = (
    KeyError,
    ValueError,
    TypeError,
    OSError,
    EOFError,
    RecursionError,
    MemoryError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class GalleryMeta:
    """All of a gallery but its images.

    Attributes:
        distance (str): ``'cosine'`` or ``'euclidean'``.
        search (SearchSettings): How it is searched.
        identity (ModelIdentity | None): Its model, if it is known.
        threshold (Threshold | None): Its threshold, if it has one.
        model_file (str): File of its model, '' if it is not known.
        next_uid (int): The number that the next image gets.
    """

    distance: str
    search: SearchSettings
    identity: ModelIdentity | None
    threshold: Threshold | None
    model_file: str
    next_uid: int

    def as_dict(self) -> dict[str, Any]:
        """The attributes, as JSON takes them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> 'GalleryMeta':
        """Undo :meth:`as_dict`.

        Args:
            values (dict[str, Any]): The attributes, and perhaps others.

        Returns:
            GalleryMeta: The attributes.

        Raises:
            ValueError: If one is damaged.
            KeyError: If one is missing.
        """
        identity, threshold = values['identity'], values['threshold']
        check_distance(values['distance'])
        return cls(
            distance=values['distance'],
            search=SearchSettings.from_dict(values['search']),
            identity=identity and ModelIdentity.from_dict(identity),
            threshold=threshold and Threshold.from_dict(threshold),
            model_file=str(values['model_file']),
            next_uid=int(values['next_uid']),
        )


def save_gallery(
    path: str | Path, entries: Entries, meta: GalleryMeta
) -> None:
    """Write a gallery; the file is the old one or the new one.

    Args:
        path (str | Path): Where to; missing folders are made.
        entries (Entries): The table.
        meta (GalleryMeta): All the rest.

    Raises:
        UnwritableFileError: If it cannot be written.
    """
    path = Path(path)
    head = {'format': FORMAT, 'version': VERSION, 'aanet': __version__}
    columns = {name: getattr(entries, name) for name in _COLUMNS}
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial, partial.open('wb') as file:
        np.savez(
            file,
            **columns,
            paths=_as_array(list(entries.paths)),
            meta=_as_array({**head, **meta.as_dict()}),
        )


def read_gallery(path: str | Path) -> tuple[Entries, GalleryMeta]:
    """Read what :func:`save_gallery` wrote.

    Args:
        path (str | Path): The file.

    Returns:
        tuple[Entries, GalleryMeta]: The table and all the rest.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no gallery, damaged, or of a newer version.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f'gallery {path} does not exist: tools/gallery.py build makes one.'
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            meta = _as_object(file['meta'])
            version = _version(meta)
            if version <= VERSION:
                return _entries(file), GalleryMeta.from_dict(meta)
    except _DAMAGE as error:
        raise ValueError(
            f'{path} is no gallery, or a damaged one '
            f'({_reason(error)}): build it again with tools/gallery.py build.'
        ) from error
    raise ValueError(
        f'gallery {path} has the format {version}, which is newer than the '
        f'{VERSION} of this aanet {__version__}: update aanet.'
    )


def _as_array(content: Any) -> np.ndarray:
    return np.frombuffer(json.dumps(content).encode(), np.uint8)


def _as_object(array: np.ndarray) -> Any:
    return json.loads(array.astype(np.uint8).tobytes())


def _version(meta: Any) -> int:
    if not isinstance(meta, dict) or meta.get('format') != FORMAT:
        raise ValueError(f'it is not of the format {FORMAT}')
    version = meta.get('version')
    if type(version) is not int:
        raise ValueError('it has no version')
    return version


def _entries(file: Any) -> Entries:
    """The table, if its columns fit together."""
    columns = {name: file[name] for name in _COLUMNS}
    paths = _as_object(file['paths'])
    number = len(paths)
    features = columns['features']
    whole = (
        features.ndim == 2
        and features.dtype in (np.float16, np.float32)
        and np.isfinite(features).all()
        and all(
            columns[n].dtype == np.int64 and columns[n].shape == (number,)
            for n in ('pids', 'camids', 'uids')
        )
        and len(features) == number
        and (np.diff(columns['uids']) > 0).all()
        and all(isinstance(path, str) for path in paths)
    )
    if not whole:
        raise ValueError('its columns do not fit together')
    return Entries(**columns, paths=np.array(paths, object))


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return 'it lacks a part'
    return (str(error) or type(error).__name__).splitlines()[0][:120]
