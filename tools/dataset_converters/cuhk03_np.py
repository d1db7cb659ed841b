"""Extract CUHK03 and arrange it for the new protocol (CUHK03-NP).

Example::

    python tools/dataset_converters/cuhk03_np.py data/cuhk03 data/CUHK03-NP

reads ``cuhk-03.mat`` (in the folder or in ``cuhk03_release`` within it) and
``cuhk03_new_protocol_config_{labeled,detected}.mat``, and writes::

    data/CUHK03-NP/{labeled,detected}/
        bounding_box_train/  query/  bounding_box_test/

with names like ``0001_c1_1_001_1_01.png``: identity and view, then the
original name. A variant appears when it is whole; run the command again
after an interruption, and it goes on where it stopped.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmengine.utils import ProgressBar
from scipy.io import loadmat

from aanet.datasets.market_style import FOLDERS
from aanet.utils.cli import clear_errors

VARIANTS = ('labeled', 'detected')
INDEX_KEYS = dict(train='train_idx', query='query_idx', gallery='gallery_idx')


def find_file(folder: Path, name: str) -> Path:
    """Find a file in a folder or in ``cuhk03_release`` within it.

    Raises:
        FileNotFoundError: If it is in neither.
    """
    places = folder / name, folder / 'cuhk03_release' / name
    for place in places:
        if place.is_file():
            return place
    raise FileNotFoundError(
        f'{name} is neither in {folder} nor in {folder / "cuhk03_release"}: '
        'docs/prepare_data.md says where it comes from.'
    )


class CUHK03Images:
    """The images in ``cuhk-03.mat``, a MATLAB 7.3 (HDF5) file.

    Args:
        path (Path): The file.
        variant (str): 'labeled' or 'detected'.

    Raises:
        ImportError: If h5py is missing.
        ValueError: If it is another kind of file.
    """

    def __init__(self, path: Path, variant: str) -> None:
        try:
            import h5py
        except ImportError as error:
            raise ImportError(
                f'h5py is needed to read {path}: run `pip install h5py`.'
            ) from error
        self.path = path
        try:
            self._file = h5py.File(path, 'r')
            self._pairs = self._file[variant][()].ravel()
        except (OSError, KeyError) as error:
            raise ValueError(
                f"{path} is damaged, or no MATLAB 7.3 file with '{variant}' "
                f'images ({error}): download it again.'
            ) from error

    def read(self, name: str) -> np.ndarray:
        """Read one image.

        Args:
            name (str): Camera pair, person, view and image, each from 1,
                as in ``1_001_1_01.png``.

        Returns:
            np.ndarray: (H, W, 3) uint8; red, green, blue.

        Raises:
            ValueError: If there is no such image.
        """
        pair, person, _, image = map(int, Path(name).stem.split('_'))
        try:
            cells = self._file[self._pairs[pair - 1]]
            # MATLAB stores columns first: (10 images, persons) there.
            pixels = self._file[cells[image - 1, person - 1]][()].T
        except (IndexError, ValueError) as error:
            raise ValueError(f'{self.path} has no image {name}.') from error
        if pixels.ndim != 3:
            raise ValueError(f'{self.path} has an empty cell for {name}.')
        return pixels


def list_files(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """List the protocol's images.

    Args:
        config (dict[str, Any]): ``cuhk03_new_protocol_config_*.mat``.

    Yields:
        tuple[str, str]: Original name, and where to write the image.
    """
    names = [str(cell[0]) for cell in config['filelist'].ravel()]
    pids = config['labels'].ravel()
    for part, key in INDEX_KEYS.items():
        for index in config[key].ravel().astype(int) - 1:
            view = names[index].split('_')[2]
            stem = f'{int(pids[index]):04d}_c{view}_{Path(names[index]).stem}'
            yield names[index], f'{FOLDERS[part]}/{stem}.png'


def convert(source: Path, target: Path, variant: str) -> None:
    """Write one variant, unless it is there.

    Args:
        source (Path): Folder of the ``.mat`` files.
        target (Path): Folder to write ``variant`` into.
        variant (str): 'labeled' or 'detected'.
    """
    done = target / variant
    if done.exists():
        print(f'{done} is there already.')
        return
    config = loadmat(
        find_file(source, f'cuhk03_new_protocol_config_{variant}.mat')
    )
    images = CUHK03Images(find_file(source, 'cuhk-03.mat'), variant)
    files = list(list_files(config))
    partial = target / f'.{variant}.partial'
    for folder in FOLDERS.values():
        (partial / folder).mkdir(parents=True, exist_ok=True)
    print(f'{variant}: {len(files)} images')
    progress = ProgressBar(len(files))
    for name, place in files:
        if not (partial / place).exists():
            write_png(partial / place, images.read(name))
        progress.update()
    partial.rename(done)
    print(f'\nwrote {done}')


def write_png(path: Path, pixels: np.ndarray) -> None:
    """Write an image so that the file is whole as soon as it exists."""
    data = cv2.imencode('.png', np.ascontiguousarray(pixels[..., ::-1]))[1]
    unfinished = path.with_suffix('.tmp')
    unfinished.write_bytes(data.tobytes())
    unfinished.rename(path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Convert what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('source', type=Path, help='folder of the .mat files')
    parser.add_argument('target', type=Path, help='folder to write to')
    parser.add_argument(
        '--variant', choices=VARIANTS, nargs='+', default=VARIANTS
    )
    args = parser.parse_args(arguments)
    for variant in args.variant:
        convert(args.source, args.target, variant)


if __name__ == '__main__':
    with clear_errors():
        main()
