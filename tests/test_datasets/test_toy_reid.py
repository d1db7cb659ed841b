import multiprocessing
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from aanet.datasets import RandomIdentitySampler, ToyReID
from aanet.datasets.toy_drawing import ToySpec, ensure_toy_set, toy_set

SPEC = ToySpec(train_ids=4, test_ids=3, images_per_id=8)
OPTIONS = dict(train_ids=4, test_ids=3, images_per_id=8)


@pytest.fixture(scope='module')
def root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp('data') / 'toy'
    ensure_toy_set(root, SPEC)
    return root


def read_all(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob('*.jpg'))
    }


def infos(dataset: ToyReID) -> list[dict]:
    return [dataset.get_data_info(index) for index in range(len(dataset))]


def test_sizes(root):
    train = ToyReID(str(root), split='train', **OPTIONS)
    assert Counter(i['gt_label'] for i in infos(train)) == dict.fromkeys(
        range(4), 8
    )
    assert train.metainfo['dataset'] == 'ToyReID'
    test = ToyReID(str(root), split='test', **OPTIONS)
    query = [i for i in infos(test) if i['split'] == 'query']
    gallery = [i for i in infos(test) if i['split'] == 'gallery']
    assert Counter(i['gt_label'] for i in query) == {5: 3, 6: 3, 7: 3}
    assert Counter(i['gt_label'] for i in gallery) == {0: 3, 5: 5, 6: 5, 7: 5}
    assert test.num_junk == 2


def test_every_identity_is_seen_by_several_cameras(root):
    for split in ('train', 'test'):
        dataset = ToyReID(str(root), split=split, **OPTIONS)
        for label in {i['gt_label'] for i in infos(dataset)} - {0}:
            camids = {
                i['camid'] for i in infos(dataset) if i['gt_label'] == label
            }
            assert len(camids) in (4, 5)
            assert camids <= set(range(5))


def test_every_query_has_a_match(root):
    test = infos(ToyReID(str(root), split='test', **OPTIONS))
    for query in (i for i in test if i['split'] == 'query'):
        assert any(
            i['split'] == 'gallery'
            and i['gt_label'] == query['gt_label']
            and i['camid'] != query['camid']
            for i in test
        )


def test_pictures(root):
    paths = list(root.rglob('*.jpg'))
    assert len(paths) == 4 * 8 + 3 * 8 + 3 + 2
    for path in paths:
        image = cv2.imread(str(path))
        assert image.shape == (128, 64, 3)
        assert image.std() > 15


def test_same_spec_same_pictures(root, tmp_path):
    ensure_toy_set(tmp_path / 'again', SPEC)
    assert read_all(tmp_path / 'again') == read_all(root)


def test_another_seed_draws_other_pictures(root, tmp_path):
    spec = ToySpec(1, 4, 3, 8)
    ensure_toy_set(tmp_path / 'other', spec)
    first, other = read_all(root), read_all(tmp_path / 'other')
    assert not set(first.values()) & set(other.values())


def test_identities_differ_more_than_moments(root):
    def mean_color(pid: int) -> np.ndarray:
        paths = sorted((root / 'bounding_box_train').glob(f'{pid:04d}_*'))
        centers = [
            cv2.imread(str(p))[30:100, 22:42].mean((0, 1)) for p in paths
        ]
        return np.mean(centers, 0)

    colors = [mean_color(pid) for pid in (1, 2, 3, 4)]
    distances = [
        np.linalg.norm(a - b)
        for index, a in enumerate(colors)
        for b in colors[index + 1 :]
    ]
    assert np.median(distances) > 15


def test_drawn_once(root, monkeypatch):
    monkeypatch.setattr(toy_set, '_draw', pytest.fail)
    ToyReID(str(root), **OPTIONS)


@pytest.mark.parametrize(
    'change',
    [
        lambda patch: patch.setattr(toy_set, 'DRAWING_VERSION', 0),
        lambda patch: None,
    ],
    ids=['version', 'arguments'],
)
def test_drawn_again_when_something_changed(tmp_path, monkeypatch, change):
    root = tmp_path / 'toy'
    small = dict(train_ids=2, test_ids=1)
    with monkeypatch.context() as patch:
        change(patch)
        ToyReID(str(root), images_per_id=4, **small)
    stray = root / 'query' / '9999_c1.jpg'
    stray.touch()
    dataset = ToyReID(str(root), images_per_id=5, **small)
    assert len(dataset) == 2 * 5
    assert not stray.exists()


def test_other_folders_are_not_overwritten(tmp_path):
    (tmp_path / 'precious.txt').touch()
    with pytest.raises(ValueError, match=r'not drawn by ToyReID: choose ano'):
        ToyReID(str(tmp_path), **OPTIONS)
    assert (tmp_path / 'precious.txt').exists()


def test_the_working_folder_is_a_folder_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'precious.txt').touch()
    with pytest.raises(ValueError, match=r'choose another data_root'):
        ToyReID('.', **OPTIONS)


def test_interrupted_drawing_leaves_nothing_half_done(tmp_path, monkeypatch):
    root = tmp_path / 'toy'
    spec = ToySpec(train_ids=1, test_ids=1, images_per_id=4)

    def interrupted(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(toy_set, 'draw_box', interrupted)
        with pytest.raises(KeyboardInterrupt):
            ensure_toy_set(root, spec)
    assert not root.exists()
    ensure_toy_set(root, spec)
    assert len(read_all(root)) == 4 + 4 + 1


def test_processes_that_start_at_once_share_one_set(tmp_path):
    root = tmp_path / 'toy'
    spec = ToySpec(train_ids=1, test_ids=1, images_per_id=4)
    context = multiprocessing.get_context('fork')
    processes = [
        context.Process(target=ensure_toy_set, args=(root, spec))
        for _ in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(read_all(root)) == 9
    assert not list(tmp_path.glob('*.partial'))


def test_lazy_data_set_draws_nothing(tmp_path):
    ToyReID(str(tmp_path / 'toy'), lazy_init=True)
    assert not (tmp_path / 'toy').exists()


def test_works_with_the_sampler(root):
    train = ToyReID(str(root), **OPTIONS)
    assert len(RandomIdentitySampler(train, 2, 4, seed=0)) == 32


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(train_ids=0), r'needs 1 <= train_ids <= 2000, got 0'),
        (dict(test_ids=2001), r'needs 1 <= test_ids <= 2000, got 2001'),
        (dict(images_per_id=3), r'needs 4 <= images_per_id <= 1000, got 3'),
        (dict(seed=-1), r'ToyReID needs 0 <= seed <= .*, got -1'),
    ],
)
def test_bad_arguments(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        ToyReID(str(tmp_path), **options)
