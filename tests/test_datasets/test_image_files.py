import os

import pytest

from aanet.datasets import image_files
from aanet.datasets.image_files import (
    UnreadableImageError,
    check_image,
    decoding_problem,
)

SUFFIXES = ['.jpg', '.png']


@pytest.mark.parametrize('suffix', [*SUFFIXES, '.bmp', '.webp'])
def test_whole_images_pass(tmp_path, write_image, suffix):
    path = write_image(tmp_path / f'a{suffix}')
    check_image(path)
    assert decoding_problem(path) is None


@pytest.mark.parametrize('suffix', SUFFIXES)
def test_whole_images_are_not_decoded(
    tmp_path, write_image, suffix, monkeypatch
):
    path = write_image(tmp_path / f'a{suffix}')
    monkeypatch.setattr(image_files, 'decoding_problem', pytest.fail)
    check_image(path)


@pytest.mark.parametrize('suffix', SUFFIXES)
@pytest.mark.parametrize('kept', [0.5, 0.95])
def test_truncated_images_are_refused(tmp_path, write_image, suffix, kept):
    path = tmp_path / f'a{suffix}'
    write_image(path)
    os.truncate(path, int(path.stat().st_size * kept))
    with pytest.raises(UnreadableImageError, match=rf'a\{suffix} cannot be'):
        check_image(str(path))
    assert decoding_problem(str(path))


@pytest.mark.parametrize('suffix', SUFFIXES)
@pytest.mark.parametrize('tail', [b'\0' * 40, b'written by a camera'])
def test_bytes_after_the_end_do_no_harm(tmp_path, write_image, suffix, tail):
    path = tmp_path / f'a{suffix}'
    write_image(path)
    path.write_bytes(path.read_bytes() + tail)
    check_image(str(path))


def test_missing_file(tmp_path):
    with pytest.raises(
        UnreadableImageError,
        match=r'a\.jpg cannot be read \(No such file.*check_dataset\.py',
    ):
        check_image(str(tmp_path / 'a.jpg'))


def test_empty_file(tmp_path):
    (tmp_path / 'a.jpg').touch()
    with pytest.raises(ValueError, match=r'a\.jpg .*the file is empty'):
        check_image(str(tmp_path / 'a.jpg'))


def test_text_is_no_image(tmp_path):
    path = tmp_path / 'a.jpg'
    path.write_text('<html>not found</html>')
    assert 'cannot identify' in decoding_problem(str(path))


def test_reasons_are_one_line_without_the_path(tmp_path):
    path = str(tmp_path / 'a.jpg')
    reason = decoding_problem(path)
    assert path not in reason
    assert '\n' not in reason


def test_opencv_has_to_agree(tmp_path, write_image, monkeypatch):
    path = write_image(tmp_path / 'a.jpg')
    monkeypatch.setattr(image_files.cv2, 'imread', lambda path: None)
    assert decoding_problem(path) == 'OpenCV cannot decode it'
