from pathlib import Path

import cv2
import numpy as np
import pytest

from aanet.apis.images import ImageSet, list_images

PIPELINE = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(4, 8)),
    dict(type='FastPackInputs', meta_keys=('img_path', 'camid', 'split')),
]


@pytest.fixture
def crops(tmp_path):
    """A folder with images, others below it, and other files."""
    (tmp_path / 'b').mkdir()
    image = np.arange(600, dtype=np.uint32).reshape(20, 10, 3) % 251
    for name in ('b/z.PNG', 'a.png', 'c.jpg'):
        cv2.imwrite(str(tmp_path / name), image.astype(np.uint8))
    (tmp_path / 'notes.txt').write_text('no image')
    return tmp_path


def test_folders_files_arrays_and_lists(crops):
    array = np.zeros((3, 2, 3), np.uint8)
    of_folder = [str(crops / name) for name in ('a.png', 'b/z.PNG', 'c.jpg')]
    assert list_images(crops) == list_images(str(crops)) == of_folder
    listed = list_images([crops / 'c.jpg', [array, (str(crops),)]])
    assert listed[0] == str(crops / 'c.jpg') and listed[1] is array
    assert listed[2:] == of_folder
    assert list_images([]) == [] and list_images('gone.jpg') == ['gone.jpg']


@pytest.mark.parametrize(
    ('inputs', 'error', 'message'),
    [
        (3, TypeError, 'not int'),
        ([None], TypeError, 'not NoneType'),
        (np.zeros((4, 4), np.uint8), ValueError, r'shape \(4, 4\)'),
        (np.zeros((4, 4, 3)), ValueError, 'float64'),
        (np.zeros((4, 4, 4), np.uint8), ValueError, r'\(4, 4, 4\)'),
        (np.zeros((0, 4, 3), np.uint8), ValueError, 'has no pixels'),
    ],
)
def test_other_inputs_are_named(inputs, error, message):
    with pytest.raises(error, match=message):
        list_images(inputs)


def test_folders_without_images_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='holds no image'):
        list_images(tmp_path)


def test_arrays_are_loaded_as_files_are(crops):
    paths = [str(crops / 'a.png'), str(crops / 'c.jpg')]
    images = ImageSet([*paths, *map(cv2.imread, paths)], PIPELINE)
    for of_file, of_array in ((0, 2), (1, 3)):
        assert images[of_file].path == paths[of_file]
        assert images[of_array].path == ''
        assert images[of_file].pixels.shape == (3, 8, 4)
        assert images[of_file].pixels.equal(images[of_array].pixels)


def test_what_cannot_be_read_says_why(crops):
    (crops / 'empty.jpg').write_bytes(b'')
    half = (crops / 'c.jpg').read_bytes()[:300]
    (crops / 'half.jpg').write_bytes(half)
    paths = [str(crops / n) for n in ('empty.jpg', 'half.jpg', 'gone.jpg')]
    for image, reason in zip(
        ImageSet([*paths, str(Path('notes.txt'))], PIPELINE),
        ('empty', 'half.jpg', 'No such file', 'No such file'),
        strict=False,
    ):
        assert image.pixels is None
        assert image.path in image.problem and reason in image.problem
        assert 'replace' not in image.problem
