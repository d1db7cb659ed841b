import os

import numpy as np
import pytest
from mmcv.transforms import LoadImageFromFile

from aanet.datasets.guarded_pipeline import run_guarded
from aanet.datasets.image_files import UnreadableImageError


def failing(info: dict) -> dict:
    raise RuntimeError('a bug in a transform')


@pytest.fixture
def info(tmp_path, write_image) -> dict:
    return dict(img_path=write_image(tmp_path / 'a.jpg'))


@pytest.fixture
def undecodable(tmp_path) -> dict:
    # Both ends of a JPEG, and nothing in between.
    path = tmp_path / 'hollow.jpg'
    path.write_bytes(b'\xff\xd8' + b'x' * 50 + b'\xff\xd9')
    return dict(img_path=str(path))


def test_returns_what_the_pipeline_returns(info):
    assert run_guarded(LoadImageFromFile(), info, None)['img'].shape == (
        24,
        12,
        3,
    )


def test_the_seed_decides_random_transforms(info):
    def pipeline(info: dict) -> float:
        return np.random.rand()

    assert run_guarded(pipeline, info, 1) == run_guarded(pipeline, info, 1)
    assert run_guarded(pipeline, info, 1) != run_guarded(pipeline, info, 2)


@pytest.mark.parametrize('ignore_empty', [False, True])
def test_undecodable_file_is_named(undecodable, ignore_empty):
    with pytest.raises(UnreadableImageError, match=r'hollow\.jpg cannot be'):
        run_guarded(
            LoadImageFromFile(ignore_empty=ignore_empty), undecodable, None
        )


def test_truncated_file_does_not_reach_the_pipeline(info):
    os.truncate(info['img_path'], 300)
    with pytest.raises(UnreadableImageError, match='truncated'):
        run_guarded(pytest.fail, info, None)


def test_bugs_of_transforms_are_not_blamed_on_the_file(info):
    with pytest.raises(RuntimeError, match='a bug in a transform'):
        run_guarded(failing, info, None)


def test_none_from_a_readable_file(info):
    with pytest.raises(ValueError, match=r'returned None .*a\.jpg, which is'):
        run_guarded(lambda info: None, info, None)
