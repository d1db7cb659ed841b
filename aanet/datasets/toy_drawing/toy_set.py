"""Writes a whole synthetic data set in the layout of Market-1501."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from filelock import FileLock
from mmengine.logging import print_log

from aanet.datasets.market_style import FOLDERS
from aanet.datasets.records import DISTRACTOR_PID, JUNK_PID
from aanet.datasets.toy_drawing.cameras import CAMERAS
from aanet.datasets.toy_drawing.composition import Framing, draw_box
from aanet.datasets.toy_drawing.people import Person, make_people
from aanet.datasets.toy_drawing.scenes import draw_scene

DRAWING_VERSION = 1
"""To be raised whenever the same :class:`ToySpec` draws other pictures."""

SPEC_FILE = 'toy_reid.json'

_QUERY_CAMERAS = 3
_MIN_CAMERAS = 4
_MAX_IDS = 2000
_JPEG_QUALITY = 92


@dataclass(frozen=True)
class ToySpec:
    """What decides all pictures of a set.

    Besides the train and test identities, the gallery has a distractor for
    each test identity and junk boxes for two of three.

    Attributes:
        seed (int): Source of all randomness.
        train_ids (int): Identities in the train set.
        test_ids (int): Other identities in query and gallery.
        images_per_id (int): Spread over four or five cameras; the first
            image of three cameras is a query.
    """

    seed: int = 0
    train_ids: int = 60
    test_ids: int = 60
    images_per_id: int = 12

    def __post_init__(self) -> None:
        _check_range('seed', self.seed, 0, 2**32 - 1)
        _check_range('train_ids', self.train_ids, 1, _MAX_IDS)
        _check_range('test_ids', self.test_ids, 1, _MAX_IDS)
        _check_range('images_per_id', self.images_per_id, _MIN_CAMERAS, 1000)

    def to_json(self) -> str:
        """What is written beside the pictures."""
        return json.dumps(dict(version=DRAWING_VERSION, **asdict(self)))


def _check_range(key: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(
            f'ToyReID needs {low} <= {key} <= {high}, got {value}.'
        )


def ensure_toy_set(root: Path, spec: ToySpec) -> None:
    """Draw a set, unless a folder holds it already.

    The folder appears in one step, when it is whole. Of several processes
    one draws while the others wait.

    Args:
        root (Path): The folder.
        spec (ToySpec): The set.

    Raises:
        ValueError: If the folder holds something else, which would be lost.
    """
    root = root.absolute()
    if _holds(root, spec):
        return
    root.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(root.with_name(f'.{root.name}.lock')):
        if _holds(root, spec):
            return
        if root.exists() and any(root.iterdir()):
            if not (root / SPEC_FILE).is_file():
                raise ValueError(
                    f'{root} is not empty and was not drawn by ToyReID: '
                    'choose another data_root.'
                )
            shutil.rmtree(root)
        print_log(f'Drawing the toy data set in {root}, once.', 'current')
        partial = root.with_name(f'.{root.name}.partial')
        shutil.rmtree(partial, ignore_errors=True)
        _draw(partial, spec)
        if root.exists():
            root.rmdir()
        partial.rename(root)


def _holds(root: Path, spec: ToySpec) -> bool:
    file = root / SPEC_FILE
    return file.is_file() and file.read_text('utf-8') == spec.to_json()


def _draw(root: Path, spec: ToySpec) -> None:
    artist = _Artist(spec)
    for folder in FOLDERS.values():
        (root / folder).mkdir(parents=True)
    for number, (part, pid, camid, image) in enumerate(artist.boxes()):
        name = f'{pid:04d}' if pid >= 0 else str(pid)
        file = root / FOLDERS[part] / f'{name}_c{camid + 1}s1_{number:06d}.jpg'
        quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        file.write_bytes(cv2.imencode('.jpg', image, quality)[1].tobytes())
    (root / SPEC_FILE).write_text(spec.to_json(), 'utf-8')


class _Artist:
    """Draws the boxes of a set, one after the other."""

    def __init__(self, spec: ToySpec) -> None:
        self.spec = spec
        rng = np.random.default_rng((spec.seed, 0))
        self.scenes = [draw_scene(camera.scene, rng) for camera in CAMERAS]
        number = spec.train_ids + 2 * spec.test_ids
        self.people = make_people(number, rng)

    def boxes(self) -> Iterator[tuple[str, int, int, np.ndarray]]:
        """Part, pid, camera and picture of each box."""
        spec = self.spec
        for pid in range(1, spec.train_ids + spec.test_ids + 1):
            rng = np.random.default_rng((spec.seed, pid))
            yield from self._identity(pid, rng)
        rng = np.random.default_rng((spec.seed, spec.train_ids, 0))
        strangers = self.people[spec.train_ids + spec.test_ids :]
        for index, person in enumerate(strangers):
            # Every third distractor is a false alarm of the detector.
            who = None if index % 3 == 2 else person
            camid = int(rng.integers(len(CAMERAS)))
            yield 'gallery', DISTRACTOR_PID, *self._box(who, camid, 1, rng)
        for person in self.people[spec.train_ids :][: spec.test_ids * 2 // 3]:
            camid = int(rng.integers(len(CAMERAS)))
            yield 'gallery', JUNK_PID, *self._box(person, camid, 4, rng)

    def _identity(
        self, pid: int, rng: np.random.Generator
    ) -> Iterator[tuple[str, int, int, np.ndarray]]:
        number = rng.integers(_MIN_CAMERAS, len(CAMERAS) + 1)
        camids = rng.permutation(len(CAMERAS))[:number].tolist()
        is_train = pid <= self.spec.train_ids
        for index in range(self.spec.images_per_id):
            part = 'query' if index < _QUERY_CAMERAS else 'gallery'
            camid = camids[index % number]
            person = self.people[pid - 1]
            yield (
                'train' if is_train else part,
                pid,
                *self._box(person, camid, 1, rng),
            )

    def _box(
        self,
        person: Person | None,
        camid: int,
        error: float,
        rng: np.random.Generator,
    ) -> tuple[int, np.ndarray]:
        framing = Framing.random(rng, error)
        camera, scene = CAMERAS[camid], self.scenes[camid]
        return camid, draw_box(person, camera, scene, framing, rng)
