import pytest

from aanet.datasets.matching import cameras_of_ids, has_match
from aanet.datasets.records import Record


def test_collects_cameras():
    records = [Record('', 5, 0), Record('', 5, 2), Record('', 6, 2)]
    assert cameras_of_ids(records) == {5: {0, 2}, 6: {2}}


@pytest.mark.parametrize(
    ('camid', 'gallery', 'expected'),
    [
        (0, {1}, True),
        (0, {0, 1}, True),
        (0, {0}, False),
        (0, {-1}, True),
        (-1, {-1}, True),
        (-1, {3}, True),
    ],
)
def test_a_match_is_by_another_camera(camid, gallery, expected):
    assert has_match(Record('', 5, camid), {5: gallery}) is expected


def test_other_identities_are_no_match():
    assert not has_match(Record('', 5, -1), {6: {0}})
