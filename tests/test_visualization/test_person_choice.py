import pytest

from aanet.visualization.person_choice import (
    choose_people,
    spread_over_cameras,
)


def test_people_are_spread_and_have_several_images():
    pids = [*range(1, 12), *range(1, 12), 50, 0, 0, -1, -1]
    assert choose_people(pids, 3) == [1, 6, 11]
    assert choose_people(pids, 99) == list(range(1, 12))
    assert choose_people(pids, 1) == [1]


@pytest.mark.parametrize(
    ('pids', 'num', 'message'),
    [([1, 1], 0, 'must be >= 1, not 0'), ([1, 2, 0, 0], 1, 'two images')],
)
def test_nobody_to_choose_is_refused(pids, num, message):
    with pytest.raises(ValueError, match=message):
        choose_people(pids, num)


def test_every_camera_comes_before_any_comes_twice():
    camids = [3, 3, 0, 3, 1, 0]
    assert spread_over_cameras(camids, 3) == [2, 4, 0]
    assert spread_over_cameras(camids, 4) == [2, 5, 4, 0]
    assert spread_over_cameras(camids, 99) == [2, 5, 4, 0, 1, 3]
