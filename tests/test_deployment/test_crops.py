import cv2
import numpy as np
import pytest
from mmengine.config import Config

from aanet.deployment.crops import crops_of_folder, crops_of_set, input_size

PIPELINE = [
    {'type': 'LoadImageFromFile'},
    {'type': 'Resize', 'scale': (20, 40)},
    {'type': 'FastPackInputs'},
]


@pytest.fixture
def folder(tmp_path):
    """Ten gray pictures, named and painted by their number, two deep."""
    (tmp_path / 'pictures' / 'more').mkdir(parents=True)
    for number in range(10):
        name = f'more/{number}.png' if number > 4 else f'{number}.jpg'
        picture = np.full((50, 30, 3), 20 * number, np.uint8)
        cv2.imwrite(str(tmp_path / 'pictures' / name), picture)
    return tmp_path / 'pictures'


@pytest.fixture
def cfg(tmp_path, folder):
    lines = ['path,pid,camid,split']
    for number in range(10):
        name = f'more/{number}.png' if number > 4 else f'{number}.jpg'
        split = 'train' if number > 5 else 'query' if number < 2 else 'gallery'
        lines.append(f'{name},{number % 2 + 1},{number},{split}')
    (tmp_path / 'all.csv').write_text('\n'.join(lines), 'utf-8')
    dataset = {
        'type': 'ReIDDataset',
        'data_root': str(folder),
        'ann_file': str(tmp_path / 'all.csv'),
        'pipeline': PIPELINE,
    }
    augmented = [*PIPELINE[:2], {'type': 'Resize', 'scale': (5, 5)}]
    train = {**dataset, 'split': 'train', 'pipeline': augmented}
    return Config(
        {
            'test_dataloader': {'dataset': {**dataset, 'split': 'test'}},
            'train_dataloader': {'dataset': train},
        }
    )


def test_the_size_is_that_of_the_test(cfg):
    assert input_size(cfg) == (40, 20)


def test_images_are_spread_over_a_folder(cfg, folder):
    crops = crops_of_folder(cfg, folder, 4)
    assert crops.shape == (4, 3, 40, 20)
    numbers = (crops[:, 0, 0, 0] / 20).round().int().tolist()
    assert numbers == [0, 3, 6, 9]
    assert len(crops_of_folder(cfg, folder, 99)) == 10


def test_either_set_goes_through_the_test_pipeline(cfg):
    assert crops_of_set(cfg, 'test_dataloader', 3).shape == (3, 3, 40, 20)
    train = crops_of_set(cfg, 'train_dataloader', 99)
    assert train.shape == (4, 3, 40, 20)
    assert train[0, 0, 0, 0] == 120


def test_images_that_cannot_be_compared_are_refused(cfg, folder, tmp_path):
    (tmp_path / 'empty').mkdir()
    with pytest.raises(FileNotFoundError, match='holds no image'):
        crops_of_folder(cfg, tmp_path / 'empty', 4)
    (folder / '0.jpg').rename(tmp_path / 'empty' / '0.jpg')
    with pytest.raises(ValueError, match='gives one image'):
        crops_of_folder(cfg, tmp_path / 'empty', 4)
    cfg.test_dataloader.dataset.pipeline[1] = {
        'type': 'Resize',
        'scale_factor': 0.5,
    }
    cv2.imwrite(str(folder / '0.png'), np.zeros((9, 9, 3), np.uint8))
    with pytest.raises(ValueError, match='of different sizes'):
        crops_of_folder(cfg, folder, 4)
