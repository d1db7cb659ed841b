import pytest

from aanet.datasets import ReIDDataset
from aanet.datasets.checks import check_dataset, find_unreadable
from aanet.datasets.records import Counts, Record

TRAIN = [
    Record('a', 1, 0),
    Record('b', 1, 1),
    Record('c', 2, 0),
    Record('d', 2, 1),
]
QUERY = [Record('q', 5, 0)]
GALLERY = [Record('g', 5, 1), Record('h', 0, 1), Record('i', -1, 1)]


class Listed(ReIDDataset):
    """A data set whose images are given."""

    def __init__(self, **parts: list[Record] | Exception) -> None:
        self.parts = dict(train=TRAIN, query=QUERY, gallery=GALLERY) | parts

    def load_records(self, part: str) -> list[Record]:
        if isinstance(self.parts[part], Exception):
            raise self.parts[part]
        return self.parts[part]


def check(**parts):
    dataset = Listed(**parts)
    return check_dataset(dataset, dataset)


def test_a_good_data_set():
    report = check()
    assert report.usable
    assert (report.problems, report.notes) == ([], [])
    assert report.parts == dict(train=TRAIN, query=QUERY, gallery=GALLERY)


def test_train_and_test_may_come_from_two_data_sets():
    report = check_dataset(Listed(), Listed(query=[], gallery=GALLERY))
    assert report.parts['train'] == TRAIN
    assert report.parts['query'] == []


@pytest.mark.parametrize(
    ('parts', 'problem'),
    [
        (dict(query=FileNotFoundError('no query')), r'^no query$'),
        (dict(train=TRAIN[:2]), r'^train: fewer than two identities'),
        (
            dict(gallery=[*GALLERY, Record('g', 2, 1)]),
            r'^1 identities are both in train and .* such as 2\.',
        ),
        (
            dict(gallery=[Record('g', 5, 0)]),
            r'^query: none has a match by another camera',
        ),
        (
            dict(train=[*TRAIN, Record('z', 0, 0)]),
            r'^train: identity 0 stands for distractors',
        ),
        (
            dict(query=[*QUERY, Record('z', 0, 0)]),
            r'^query: identity 0 stands for distractors',
        ),
    ],
)
def test_problems(parts, problem):
    report = check(**parts)
    assert not report.usable
    (found,) = report.problems
    with pytest.raises(ValueError, match=problem):
        raise ValueError(found)


@pytest.mark.parametrize(
    ('parts', 'note'),
    [
        (
            dict(train=[*TRAIN, Record('e', 3, 0), Record('f', 3, 0)]),
            r'^train: 1 identities are seen by one camera only',
        ),
        (
            dict(train=[r._replace(pid=r.pid * 2) for r in TRAIN]),
            r'^train: the identity numbers have gaps',
        ),
        (
            dict(query=[*QUERY, Record('r', 6, 0)]),
            r'^query: 1 have no match by another camera',
        ),
        (
            dict(gallery=[*GALLERY, Record('x', 5, -1)]),
            r'^gallery: some images have no camera',
        ),
    ],
)
def test_notes(parts, note):
    report = check(**parts)
    assert report.usable
    (found,) = report.notes
    with pytest.raises(ValueError, match=note):
        raise ValueError(found)


def test_single_images_are_noted():
    report = check(train=[*TRAIN, Record('e', 3, 0)])
    assert report.notes[0] == (
        'train: 1 identities have one image, and so no pair.'
    )


def test_unusual_sizes_are_noted(monkeypatch):
    monkeypatch.setattr(
        Listed, 'official_counts', lambda self, part: Counts(4, 2)
    )
    report = check()
    assert report.official['train'] == (4, 2)
    assert report.notes == [
        'query: expected 4 images of 2 identities, found 1 of 1; results '
        'will not be comparable.',
        'gallery: expected 4 images of 2 identities, found 2 of 1; results '
        'will not be comparable.',
    ]


def test_without_cameras_everything_matches():
    report = check(query=[Record('q', 5, -1)], gallery=[Record('g', 5, -1)])
    assert report.usable


def test_finds_unreadable_images(tmp_path, write_image):
    good = write_image(tmp_path / 'good.jpg')
    bad = write_image(tmp_path / 'bad.jpg')
    (tmp_path / 'bad.jpg').write_bytes(b'')
    found = find_unreadable([Record(good, 1, 0), Record(bad, 1, 0)])
    assert [path for path, reason in found] == [bad]
