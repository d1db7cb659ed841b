import logging
import re

import pytest

from aanet.datasets import reid_dataset
from aanet.datasets.market_style import (
    MarketStyleDataset,
    list_images,
    read_folder,
)
from aanet.datasets.records import Counts, Record


class Tiny(MarketStyleDataset):
    NAME = 'Tiny set'
    SUBFOLDERS = ('', 'tiny', 'other/tiny')
    OFFICIAL = {'train': Counts(2, 2), 'query': Counts(1, 1)}  # noqa: RUF012
    HINT = ' (ask its author)'


def test_reads_identity_and_camera_from_the_names(tmp_path, write_image):
    names = [
        '-1_c3s1_000001_00.jpg',
        '0000_c1s2_000002_01.jpg',
        '1453_c12.png',
    ]
    for name in names:
        write_image(tmp_path / name)
    assert read_folder(tmp_path) == [
        Record(str(tmp_path / names[0]), -1, 2),
        Record(str(tmp_path / names[1]), 0, 0),
        Record(str(tmp_path / names[2]), 1453, 11),
    ]


def test_order_does_not_depend_on_the_file_system(
    tmp_path, write_image, monkeypatch
):
    for name in ('0002_c1_a.jpg', '0001_c2_b.jpg', '0003_c1_c.jpg'):
        write_image(tmp_path / name)
    expected = read_folder(tmp_path)
    found = [path.name for path in list_images(tmp_path)]
    assert found == sorted(found)
    monkeypatch.setattr(
        'aanet.datasets.market_style.os.listdir',
        lambda folder: ['0003_c1_c.jpg', '0001_c2_b.jpg', '0002_c1_a.jpg'],
    )
    assert read_folder(tmp_path) == expected


def test_other_files_are_ignored(tmp_path, write_image):
    write_image(tmp_path / '0001_c1.jpg')
    (tmp_path / 'Thumbs.db').touch()
    (tmp_path / 'readme.txt').touch()
    assert len(read_folder(tmp_path)) == 1


@pytest.mark.parametrize(
    'name',
    [
        'IMG_0042.jpg',
        # Camera 0 would be taken for an unknown one, -5 for a person.
        '0001_c0s1_000001_00.jpg',
        '-5_c1s1_000001_00.jpg',
        '--1_c1s1_000001_00.jpg',
        '0001-2_c1s1_000001_00.jpg',
        '0001_c10000000000000000000.jpg',
    ],
)
def test_other_names_are_refused(tmp_path, write_image, name):
    write_image(tmp_path / name)
    message = rf'{re.escape(name)} is not named <identity>_c<camera>'
    with pytest.raises(ValueError, match=message):
        read_folder(tmp_path)


def test_folder_without_images(tmp_path):
    (tmp_path / 'a.txt').touch()
    with pytest.raises(
        FileNotFoundError, match=r'holds no image \(1 other files\).*prepare'
    ):
        read_folder(tmp_path)


@pytest.mark.parametrize('subfolder', Tiny.SUBFOLDERS)
def test_root_or_a_folder_within_it(tmp_path, write_market, subfolder):
    write_market(tmp_path / subfolder)
    dataset = Tiny(data_root=str(tmp_path))
    assert dataset.find_root() == tmp_path / subfolder
    assert dataset.metainfo == dict(
        dataset='Tiny set', num_ids=1, classes=('2',)
    )


def test_test_split(tmp_path, write_market):
    write_market(tmp_path, gallery=['-1_c1.jpg', '0000_c1.jpg', '0001_c2.jpg'])
    dataset = Tiny(data_root=str(tmp_path), split='test')
    found = [dataset.get_data_info(i) for i in range(len(dataset))]
    assert [(i['gt_label'], i['camid'], i['split']) for i in found] == [
        (1, 0, 'query'),
        (0, 0, 'gallery'),
        (1, 1, 'gallery'),
    ]
    assert dataset.num_junk == 1


@pytest.mark.parametrize(
    ('prepare', 'state'),
    [
        (lambda root: None, 'does not exist'),
        (lambda root: root.mkdir(), 'is empty'),
        (lambda root: (root / 'images').mkdir(parents=True), 'has none of'),
    ],
)
def test_data_is_not_there(tmp_path, prepare, state):
    root = tmp_path / 'data'
    prepare(root)
    with pytest.raises(
        FileNotFoundError,
        match=rf"Tiny set not found: data_root '.*data' {state}.*"
        r'bounding_box_train, query, bounding_box_test in it or in its folder '
        r"'tiny' or 'other/tiny' \(ask its author\); see docs/prepare_data",
    ):
        Tiny(data_root=str(root))


def test_one_folder_is_missing(tmp_path, write_image):
    write_image(tmp_path / 'query' / '0001_c1.jpg')
    with pytest.raises(
        FileNotFoundError, match=r'bounding_box_train does not exist'
    ):
        Tiny(data_root=str(tmp_path))


def test_unusual_sizes_are_warned_of(tmp_path, write_market, monkeypatch):
    lines = []
    monkeypatch.setattr(
        reid_dataset,
        'print_log',
        lambda text, logger, level: lines.append((text, level)),
    )
    write_market(tmp_path, train=['0001_c1.jpg', '0001_c2.jpg'])
    Tiny(data_root=str(tmp_path), split='test')
    assert not lines
    Tiny(data_root=str(tmp_path))
    ((text, level),) = lines
    assert level == logging.WARNING
    assert text == (
        'Tiny set train: expected 2 images of 2 identities, found 2 of 1; '
        'results will not be comparable.'
    )
