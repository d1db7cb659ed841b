import pytest

from aanet.datasets.held_out import choose_held_out, split_query_gallery
from aanet.datasets.records import Record


def images(pid: int, *camids: int) -> list[Record]:
    return [
        Record(f'{pid}_{camid}_{index}', pid, camid)
        for index, camid in enumerate(camids)
    ]


def grid(num_ids: int) -> list[Record]:
    return [
        record for pid in range(num_ids) for record in images(pid, 0, 0, 1)
    ]


def test_choice_depends_on_the_seed_alone():
    records = grid(30)
    chosen = choose_held_out(records, 5, seed=0)
    assert len(chosen) == 5
    assert choose_held_out(records[::-1], 5, seed=0) == chosen
    assert choose_held_out(records, 5, seed=1) != chosen


def test_choice_is_the_same_everywhere():
    assert choose_held_out(grid(30), 3, seed=0) == {24, 27, 12}


def test_nothing_is_held_out_unless_asked_for():
    assert choose_held_out(grid(4), 0, seed=0) == set()


@pytest.mark.parametrize('num_ids', [4, 5, -1])
def test_something_must_be_left_for_training(num_ids):
    with pytest.raises(ValueError, match=rf'val_ids={num_ids} .*of 4 train'):
        choose_held_out(grid(4), num_ids, seed=0)


def test_first_image_of_each_camera_is_a_query():
    records = images(7, 0, 0, 1, 1, 2)
    query, gallery = split_query_gallery(records)
    # The only image of camera 2 has matches by the cameras 0 and 1.
    assert query == [records[0], records[2], records[4]]
    assert gallery == [records[1], records[3]]


def test_queries_without_a_match_go_to_the_gallery():
    lonely = images(7, 0, 0)
    pair = images(8, 0, 0, 1)
    query, gallery = split_query_gallery(lonely + pair)
    # The query by camera 0 would only find camera 0.
    assert query == [pair[2]]
    assert gallery == [*lonely, pair[0], pair[1]]


def test_without_cameras_the_first_image_is_a_query():
    records = images(7, -1, -1, -1)
    query, gallery = split_query_gallery(records)
    assert query == records[:1]
    assert gallery == records[1:]


def test_every_image_is_used_once():
    records = [r for pid in range(4) for r in images(pid, 0, 1, 0, 1)]
    query, gallery = split_query_gallery(records)
    assert sorted(query + gallery) == sorted(records)


def test_no_query_at_all():
    with pytest.raises(ValueError, match=r'has no query: .*raise val_ids'):
        split_query_gallery(images(7, 0, 0) + images(8, 0, 1))
