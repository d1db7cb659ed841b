"""The sets that others published: names, layouts and sizes."""

import os
from pathlib import Path

import pytest

from aanet.datasets import CUHK03NP, DukeMTMCReID, Market1501, ReIDDataset
from aanet.datasets.records import Counts
from aanet.registry import DATASETS

DATA_ROOT = os.environ.get('AANET_DATA_ROOT')


def infos(dataset: ReIDDataset) -> list[dict]:
    return [dataset.get_data_info(index) for index in range(len(dataset))]


@pytest.mark.parametrize(
    ('name', 'options', 'folder', 'display_name'),
    [
        ('Market1501', {}, 'Market-1501-v15.09.15', 'Market-1501'),
        ('Market1501', {}, '', 'Market-1501'),
        ('DukeMTMCReID', {}, 'DukeMTMC-reID', 'DukeMTMC-reID'),
        (
            'CUHK03NP',
            dict(variant='labeled'),
            'CUHK03-NP/labeled',
            'CUHK03-NP (labeled)',
        ),
        (
            'CUHK03NP',
            dict(variant='detected'),
            'detected',
            'CUHK03-NP (detected)',
        ),
    ],
)
def test_layout(tmp_path, write_market, name, options, folder, display_name):
    write_market(tmp_path / folder)
    dataset = DATASETS.build(
        dict(type=name, data_root=str(tmp_path), split='test', **options)
    )
    assert [Path(i['img_path']).parent for i in infos(dataset)] == [
        tmp_path / folder / 'query',
        tmp_path / folder / 'bounding_box_test',
    ]
    assert dataset.metainfo['dataset'] == display_name


def test_variants_of_cuhk03_do_not_mix(tmp_path, write_market):
    write_market(tmp_path / 'labeled')
    with pytest.raises(
        FileNotFoundError,
        match=r'CUHK03-NP \(detected\) not found: .*has none of them; '
        r'expected the folders detected/bounding_box_train.*cuhk03_np\.py',
    ):
        CUHK03NP('detected', data_root=str(tmp_path))


@pytest.mark.parametrize('variant', ['', 'drawn'])
def test_unknown_variant(variant):
    with pytest.raises(
        ValueError,
        match=rf"variant='labeled' or variant='detected', got '{variant}'",
    ):
        CUHK03NP(variant)


def test_duke_says_that_it_was_withdrawn(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no official download'):
        DukeMTMCReID(data_root=str(tmp_path))


def test_distractors_join_the_gallery(tmp_path, write_market, write_image):
    root = write_market(tmp_path / 'Market-1501-v15.09.15')
    for name in ('a.jpg', 'b.jpg'):
        write_image(root / 'images' / name)
    options = dict(data_root=str(tmp_path), with_distractors=True)
    dataset = Market1501(split='gallery', **options)
    assert [
        (Path(i['img_path']).name, i['gt_label'], i['camid'], i['split'])
        for i in infos(dataset)
    ] == [
        ('0001_c2s1_001051_00.jpg', 1, 1, 'gallery'),
        ('a.jpg', 0, -1, 'gallery'),
        ('b.jpg', 0, -1, 'gallery'),
    ]
    assert dataset.metainfo['dataset'] == 'Market-1501 + 500k'
    assert len(Market1501(split='query', **options)) == 1


def test_distractors_are_missing(tmp_path, write_market):
    write_market(tmp_path)
    with pytest.raises(FileNotFoundError, match=r'folder .*images does not'):
        Market1501(
            data_root=str(tmp_path), split='gallery', with_distractors=True
        )


def test_published_sizes_fit_together():
    # 19,732 gallery files with 3,819 junk boxes; 1,501 persons.
    market = Market1501(lazy_init=True)
    assert market.official_counts('gallery').images == 19732 - 3819
    ids = [market.official_counts(part).ids for part in ('train', 'query')]
    assert sum(ids) == 1501
    for variant, images in (('labeled', 14096), ('detected', 14097)):
        cuhk03 = CUHK03NP(variant, lazy_init=True)
        sizes = [
            cuhk03.official_counts(part)
            for part in ('train', 'query', 'gallery')
        ]
        assert sum(size.images for size in sizes) == images
        assert sizes[0].ids + sizes[1].ids == 1467
    duke = DukeMTMCReID(lazy_init=True)
    assert duke.official_counts('query') == Counts(2228, 702)


@pytest.mark.skipif(
    not DATA_ROOT,
    reason='AANET_DATA_ROOT does not point to a folder with Market-1501',
)
@pytest.mark.parametrize(
    ('split', 'size', 'junk'),
    [('train', 12936, 0), ('test', 3368 + 15913, 3819)],
)
def test_the_real_market1501(split, size, junk, monkeypatch):
    monkeypatch.setattr(
        'aanet.datasets.reid_dataset.print_log',
        lambda text, *_, **__: pytest.fail(text),
    )
    dataset = Market1501(data_root=DATA_ROOT, split=split)
    assert (len(dataset), dataset.num_junk) == (size, junk)
