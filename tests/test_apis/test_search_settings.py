import pytest

from aanet.apis.search_settings import SearchSettings


def test_they_come_back_from_a_dict():
    settings = SearchSettings('hnsw', links=8)
    assert SearchSettings.from_dict(settings.as_dict()) == settings
    assert SearchSettings.from_dict({}) == SearchSettings()


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'kind': 'lsh'}, "one of exact, flat, ivf, hnsw, not 'lsh'"),
        ({'nprobe': 0}, 'nprobe .* >= 1, not 0'),
        ({'nlist': -1}, 'nlist .* >= 0'),
        ({'links': 2.5}, 'links .* integer'),
        ({'index_from': True}, 'index_from .* integer'),
        ({'cells': 3}, r"no setting \['cells'\]: it takes \['ef_"),
    ],
)
def test_wrong_ones_are_named(values, message):
    with pytest.raises(ValueError, match=message):
        SearchSettings.from_dict(values)
