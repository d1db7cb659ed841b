import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from mmcv.transforms import LoadImageFromFile
from torch.utils.data import DataLoader

from aanet.datasets import RandomIdentitySampler, ReIDDataset, reid_dataset
from aanet.datasets.image_files import UnreadableImageError
from aanet.datasets.seeded_index import SeededIndex
from aanet.registry import DATASETS

# Three train identities, with numbers that have gaps.
ROWS = [
    *(
        f'train/{pid}_{camid}_{n}.jpg,{pid},{camid},train'
        for pid in (30, 4, 11)
        for camid in (0, 1)
        for n in (0, 1)
    ),
    'train/junk.jpg,-1,0,train',
    'test/q.jpg,50,0,query',
    'test/r.jpg,2,1,query',
    'test/g.jpg,50,1,gallery',
    'test/junk.jpg,-1,1,gallery',
    'test/d.jpg,0,1,gallery',
]
PACK = dict(
    type='mmpretrain.PackInputs', meta_keys=('img_path', 'camid', 'split')
)


@pytest.fixture
def root(tmp_path, write_image) -> Path:
    for number, row in enumerate(ROWS):
        write_image(tmp_path / row.partition(',')[0], number)
    text = '\n'.join(['path,pid,camid,split', *ROWS])
    (tmp_path / 'list.csv').write_text(text)
    return tmp_path


@pytest.fixture
def make(root):
    def make(split: str = 'train', **kwargs) -> ReIDDataset:
        return ReIDDataset(str(root), split, ann_file='list.csv', **kwargs)

    return make


@pytest.fixture
def log(monkeypatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(
        reid_dataset, 'print_log', lambda text, *_, **__: lines.append(text)
    )
    return lines


def infos(dataset: ReIDDataset, key: str) -> list:
    return [dataset.get_data_info(i)[key] for i in range(len(dataset))]


def names(dataset: ReIDDataset) -> list[str]:
    return [Path(path).name for path in infos(dataset, 'img_path')]


def test_train_entries(make, root):
    dataset = make()
    assert len(dataset) == 12
    assert dataset.get_data_info(1) == dict(
        img_path=f'{root}/train/30_0_1.jpg',
        gt_label=2,
        camid=0,
        split='train',
        sample_idx=1,
    )
    # Labels follow the sorted pids 4, 11, 30.
    assert infos(dataset, 'gt_label') == [2] * 4 + [0] * 4 + [1] * 4
    assert infos(dataset, 'camid') == [0, 0, 1, 1] * 3
    assert dataset.num_junk == 1
    assert not dataset.test_mode


def test_test_is_query_then_gallery_with_the_pids_as_annotated(make):
    dataset = make('test')
    assert names(dataset) == ['q.jpg', 'r.jpg', 'g.jpg', 'd.jpg']
    assert infos(dataset, 'split') == ['query'] * 2 + ['gallery'] * 2
    assert infos(dataset, 'gt_label') == [50, 2, 50, 0]
    assert dataset.num_junk == 1
    assert dataset.test_mode


@pytest.mark.parametrize(
    ('split', 'expected'),
    [('query', ['q.jpg', 'r.jpg']), ('gallery', ['g.jpg', 'd.jpg'])],
)
def test_parts_of_the_test(make, split, expected):
    assert names(make(split)) == expected


def test_labels_are_python_ints(make):
    assert {type(label) for label in infos(make(), 'gt_label')} == {int}
    assert {type(label) for label in infos(make('test'), 'gt_label')} == {int}


def test_metainfo_describes_the_train_set(make):
    assert make().metainfo == dict(
        dataset='list', num_ids=3, classes=('4', '11', '30')
    )
    assert make('test').metainfo == dict(dataset='list')
    named = make(metainfo=dict(dataset='My shop'))
    assert named.metainfo['dataset'] == 'My shop'


def test_held_out_identities(make):
    train, val = make(val_ids=1), make('val', val_ids=1)
    assert train.metainfo['num_ids'] == 2
    assert sorted(set(infos(train, 'gt_label'))) == [0, 1]
    (held_out,) = set(infos(val, 'gt_label'))
    assert str(held_out) not in train.metainfo['classes']
    assert sorted(names(train) + names(val)) == sorted(names(make()))
    assert names(val) == [
        f'{held_out}_{camid}_{n}.jpg' for n in (0, 1) for camid in (0, 1)
    ]
    assert infos(val, 'split') == ['query'] * 2 + ['gallery'] * 2
    assert val.test_mode


def test_base_dataset_arguments_work(make):
    assert len(make(indices=5)) == 5
    assert len(make(lazy_init=True)) == 12
    assert names(make(serialize_data=False)) == names(make())
    assert make(test_mode=True).test_mode


def test_pickled_copy_is_the_same(make):
    copy = pickle.loads(pickle.dumps(make(skip_unreadable=True)))
    assert names(copy) == names(make())


def test_samples_carry_what_the_metric_needs(make):
    dataset = make('test', pipeline=[dict(type='LoadImageFromFile'), PACK])
    sample = dataset[1]['data_samples']
    assert sample.gt_label.tolist() == [2]
    assert (sample.camid, sample.split) == (1, 'query')
    assert sample.img_path.endswith('r.jpg')


def test_registered():
    assert DATASETS.get('ReIDDataset') is ReIDDataset


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        (dict(split='testing'), r"unknown split 'testing': .*train, val, que"),
        (dict(split='val'), r"split='val' needs val_ids >= 1"),
        (dict(val_ids=3), r'val_ids=3 .* of 3 train'),
        (
            dict(split='test', skip_unreadable=True),
            r"skip_unreadable=True would change .*split='test'",
        ),
    ],
)
def test_bad_arguments(make, kwargs, message):
    with pytest.raises(ValueError, match=message):
        make(**kwargs)


def test_needs_an_annotation_file(tmp_path):
    with pytest.raises(ValueError, match=r'ReIDDataset needs ann_file'):
        ReIDDataset(str(tmp_path))


def test_nothing_but_junk(make, root):
    junk = '\n'.join(['path,pid,split', 'train/junk.jpg,-1,train'])
    (root / 'list.csv').write_text(junk)
    with pytest.raises(ValueError, match=r'list train: all 1 images are junk'):
        make()


def test_annotated_image_is_missing(make, root):
    (root / 'train/4_0_1.jpg').unlink()
    with pytest.raises(
        FileNotFoundError,
        match=r'list\.csv names the image .*4_0_1\.jpg.*1 of 13 are missing',
    ):
        make()


def random_pipeline(info: dict) -> dict:
    noise = torch.rand(()).item(), float(np.random.rand())
    return dict(path=info['img_path'], noise=noise)


def test_seeded_index_decides_the_augmentation(make):
    dataset = make(pipeline=[random_pipeline])
    first = dataset[SeededIndex(3, 9)]
    torch.rand(5)
    assert dataset[SeededIndex(3, 9)] == first
    assert dataset[SeededIndex(3, 10)]['noise'] != first['noise']
    assert dataset[SeededIndex(4, 9)]['path'] != first['path']
    assert dataset[3]['noise'] != first['noise']


def test_augmentation_does_not_depend_on_the_workers(make):
    pipeline = [
        dict(type='LoadImageFromFile'),
        dict(type='RandomFlip', prob=0.5),
        dict(
            type='mmpretrain.RandomErasing',
            erase_prob=0.7,
            mode='rand',
            fill_color=(0, 0, 0),
        ),
        PACK,
    ]
    dataset = make(pipeline=pipeline)

    def epoch(num_workers: int) -> torch.Tensor:
        sampler = RandomIdentitySampler(dataset, 2, 2, seed=0)
        loader = DataLoader(
            dataset,
            batch_size=4,
            sampler=sampler,
            num_workers=num_workers,
            collate_fn=lambda batch: torch.stack(
                [sample['inputs'] for sample in batch]
            ),
        )
        return torch.cat(list(loader))

    torch.manual_seed(1)
    alone = epoch(0)
    torch.manual_seed(2)
    assert alone.shape == (12, 3, 24, 12)
    assert torch.equal(epoch(2), alone)


def test_unreadable_image_is_named_through_a_data_loader(make, root):
    (root / 'train/4_0_1.jpg').write_bytes(b'\xff\xd8 cut short')
    dataset = make(pipeline=[LoadImageFromFile()])
    loader = DataLoader(dataset, batch_size=None, num_workers=1)
    with pytest.raises(UnreadableImageError, match=r'4_0_1\.jpg cannot be'):
        list(loader)


def test_unreadable_image_is_replaced_by_one_of_the_same_identity(
    make, root, log
):
    (root / 'train/4_0_1.jpg').write_bytes(b'')
    dataset = make(pipeline=[LoadImageFromFile()], skip_unreadable=True)
    for _ in range(3):
        data = dataset[5]
        assert data['img_path'].endswith('4_1_0.jpg')
        assert data['gt_label'] == 0
    assert dataset.num_skipped == 1
    (line,) = log
    assert '4_0_1.jpg' in line


def test_unreadable_identity_is_replaced_by_the_next(make, root, log):
    for path in root.glob('train/4_*'):
        path.write_bytes(b'')
    dataset = make(pipeline=[LoadImageFromFile()], skip_unreadable=True)
    # Label 0 is pid 4; label 1 is pid 11.
    assert dataset[4]['img_path'].endswith('11_0_0.jpg')
    assert dataset.num_skipped == 4
    assert len(log) == 4


def test_missing_images_can_be_skipped_too(make, root, log):
    (root / 'train/30_0_0.jpg').unlink()
    dataset = make(pipeline=[LoadImageFromFile()], skip_unreadable=True)
    assert dataset[0]['img_path'].endswith('30_0_1.jpg')


def test_workers_count_skipped_files_together(make, root):
    for name in ('4_0_1', '30_1_1'):
        (root / f'train/{name}.jpg').write_bytes(b'')
    dataset = make(pipeline=[LoadImageFromFile()], skip_unreadable=True)
    assert dataset.num_skipped == 0
    loader = DataLoader(dataset, batch_size=None, num_workers=2)
    assert len(list(loader)) == 12
    assert dataset.num_skipped == 2


def test_no_readable_image_at_all(make, root, log):
    for path in root.glob('train/*'):
        path.write_bytes(b'')
    dataset = make(pipeline=[LoadImageFromFile()], skip_unreadable=True)
    with pytest.raises(ValueError, match=r'none of the 12 images of list'):
        dataset[0]


def test_replacement_keeps_the_seed(make, root, log):
    dataset = make(pipeline=[random_pipeline], skip_unreadable=True)
    (root / 'train/4_0_1.jpg').write_bytes(b'')
    replaced, direct = dataset[SeededIndex(5, 8)], dataset[SeededIndex(6, 8)]
    assert replaced == direct
