import pickle
from collections import Counter

import pytest

from aanet.datasets.samplers import (
    RandomIdentitySampler,
    random_identity_sampler,
)
from aanet.datasets.seeded_index import SeededIndex
from aanet.registry import DATA_SAMPLERS


class Labeled:
    """A data set of which only the labels are known."""

    def __init__(self, *sizes: int) -> None:
        labels = [
            label for label, size in enumerate(sizes) for _ in range(size)
        ]
        # Neighbors are of different identities.
        self.labels = labels[::2] + labels[1::2]

    def __len__(self) -> int:
        return len(self.labels)

    def get_data_info(self, index: int) -> dict:
        return dict(gt_label=self.labels[index])


SIZES = (6, 4, 9, 2, 1, 5, 7, 6)  # 40 images of 8 identities


@pytest.fixture
def dataset() -> Labeled:
    return Labeled(*SIZES)


@pytest.fixture
def ranks(monkeypatch, dataset):
    """``ranks(world_size, **kwargs)`` builds the sampler of each rank."""

    def build(world_size: int, **kwargs) -> list[RandomIdentitySampler]:
        samplers = []
        for rank in range(world_size):
            monkeypatch.setattr(
                random_identity_sampler,
                'get_dist_info',
                lambda rank=rank: (rank, world_size),
            )
            options = dict(num_ids=3, num_instances=2, seed=0, **kwargs)
            samplers.append(RandomIdentitySampler(dataset, **options))
        return samplers

    return build


def batches(sampler: RandomIdentitySampler) -> list[list[SeededIndex]]:
    indices = list(sampler)
    size = sampler.num_ids * sampler.num_instances
    assert len(indices) % size == 0
    return [indices[i : i + size] for i in range(0, len(indices), size)]


@pytest.mark.parametrize(
    ('num_ids', 'num_instances'), [(2, 2), (3, 4), (8, 3)]
)
def test_batches_are_p_identities_by_k_images(dataset, num_ids, num_instances):
    sampler = RandomIdentitySampler(dataset, num_ids, num_instances, seed=0)
    for epoch in range(20):
        sampler.set_epoch(epoch)
        for batch in batches(sampler):
            labels = [dataset.labels[index] for index in batch]
            groups = [
                labels[i : i + num_instances]
                for i in range(0, len(labels), num_instances)
            ]
            assert all(len(set(group)) == 1 for group in groups)
            assert len({group[0] for group in groups}) == num_ids


def test_images_repeat_only_where_there_are_too_few(dataset):
    sampler = RandomIdentitySampler(dataset, 8, 4, seed=0)
    for epoch in range(20):
        sampler.set_epoch(epoch)
        (batch,) = batches(sampler)
        used = {label: set() for label in range(8)}
        for index in batch:
            used[dataset.labels[index]].add(int(index))
        assert [len(used[label]) for label in range(8)] == [
            min(size, 4) for size in SIZES
        ]


def test_identities_are_used_evenly(dataset):
    sampler = RandomIdentitySampler(dataset, 3, 1, seed=0)
    uses = Counter(dataset.labels[index] for index in sampler)
    # 13 batches of 3 are 39 draws from a cycle of 8.
    assert len(uses) == 8
    assert max(uses.values()) - min(uses.values()) <= 1


def test_images_of_an_identity_are_used_evenly():
    sampler = RandomIdentitySampler(Labeled(5, 5), 2, 2, seed=0)
    sampler.num_batches = 5
    assert set(Counter(map(int, sampler)).values()) == {2}


@pytest.mark.parametrize(
    ('epoch_length', 'expected'), [('images', 40 // 6), ('ids', 8 // 3)]
)
def test_epoch_length(dataset, epoch_length, expected):
    sampler = RandomIdentitySampler(
        dataset, 3, 2, seed=0, epoch_length=epoch_length
    )
    assert len(batches(sampler)) == expected
    assert len(sampler) == expected * 6


def test_ids_epoch_visits_each_identity_once(dataset):
    sampler = RandomIdentitySampler(dataset, 4, 1, seed=0, epoch_length='ids')
    assert sorted(dataset.labels[i] for i in sampler) == list(range(8))


def test_sequence_depends_on_seed_and_epoch(dataset):
    def draw(seed: int, epoch: int) -> list[tuple[int, int]]:
        sampler = RandomIdentitySampler(dataset, 3, 2, seed=seed)
        sampler.set_epoch(epoch)
        return [(int(index), index.seed) for index in sampler]

    assert draw(5, 2) == draw(5, 2)
    assert len({tuple(draw(*key)) for key in ((5, 2), (5, 3), (2, 5))}) == 3


def test_sequence_is_the_same_on_every_machine(dataset):
    sampler = RandomIdentitySampler(dataset, 3, 2, seed=1)
    first = next(iter(sampler))
    assert (int(first), first.seed) == (13, 1835504127)


def test_samples_have_seeds_of_their_own(dataset):
    seeds = []
    for epoch in range(3):
        sampler = RandomIdentitySampler(dataset, 3, 2, seed=0)
        sampler.set_epoch(epoch)
        seeds += [index.seed for index in sampler]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**32 for seed in seeds)


@pytest.mark.parametrize('world_size', [2, 3])
def test_ranks_share_one_sequence(ranks, world_size):
    (alone,) = ranks(1)
    shares = [batches(sampler) for sampler in ranks(world_size)]
    turns = 6 // world_size
    assert [len(share) for share in shares] == [turns] * world_size
    dealt = [share[turn] for turn in range(turns) for share in shares]
    assert dealt == batches(alone)
    assert [i.seed for batch in dealt for i in batch] == [
        index.seed for index in alone
    ]


def test_ranks_have_equally_many_batches(ranks):
    samplers = ranks(4)
    assert [len(sampler) for sampler in samplers] == [6] * 4
    assert [len(list(sampler)) for sampler in samplers] == [6] * 4


@pytest.mark.parametrize('world_size', [1, 2])
def test_start_within_an_epoch(ranks, world_size):
    for sampler in ranks(world_size):
        sampler.set_epoch(4)
        whole = [(int(index), index.seed) for index in sampler]
        sampler.set_start(2)
        assert len(sampler) == len(whole)
        rest = [(int(index), index.seed) for index in sampler]
        assert rest == whole[12:]
        # Only the next iteration starts late.
        assert [(int(i), i.seed) for i in sampler] == whole


def test_start_at_the_end_leaves_nothing(ranks):
    (sampler,) = ranks(1)
    sampler.set_start(6)
    assert list(sampler) == []
    assert len(list(sampler)) == 36


@pytest.mark.parametrize('batches', [-1, 7])
def test_start_outside_the_epoch(ranks, batches):
    (sampler,) = ranks(1)
    with pytest.raises(
        ValueError, match=rf'after {batches} batches of an epoch of 6'
    ):
        sampler.set_start(batches)


def test_random_seed_is_shared(dataset, monkeypatch):
    monkeypatch.setattr(
        random_identity_sampler, 'sync_random_seed', lambda: 1234
    )
    assert RandomIdentitySampler(dataset, 3, 2).seed == 1234


def test_is_built_as_mmengine_builds_it(dataset):
    sampler = DATA_SAMPLERS.build(
        dict(type='RandomIdentitySampler', num_ids=3, num_instances=2),
        default_args=dict(dataset=dataset, seed=None),
    )
    assert len(sampler) == 36
    assert pickle.loads(pickle.dumps(next(iter(sampler)))).seed >= 0


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(num_ids=0), r'num_ids in train_dataloader\.sampler .*got 0'),
        (dict(num_instances=-2), r'num_instances in .*positive.*got -2'),
        (dict(num_instances=1.5), r'num_instances in .*integer, got 1\.5'),
        (dict(seed=-1), r'seed in train_dataloader\.sampler must be >= 0'),
        (dict(epoch_length='all'), r"unknown epoch_length='all'"),
        (
            dict(num_ids=9),
            r'has 8 identities, fewer than num_ids=9 in train_dataloader',
        ),
        (
            dict(num_ids=8, num_instances=6),
            r"epoch_length='images' has 0 batches of num_ids=8 x "
            r'num_instances=6 .* for 1 process',
        ),
    ],
)
def test_impossible_settings(dataset, options, message):
    options = dict(num_ids=3, num_instances=2, seed=0) | options
    with pytest.raises(ValueError, match=message):
        RandomIdentitySampler(dataset, **options)


def test_more_ranks_than_batches(ranks):
    with pytest.raises(ValueError, match=r'has 6 batches .* for 7 process'):
        ranks(7)


def test_test_sets_are_refused(dataset):
    dataset.test_mode = True
    with pytest.raises(
        ValueError, match=r"set split='train' in train_dataloader\.dataset"
    ):
        RandomIdentitySampler(dataset, 3, 2, seed=0)
