from pathlib import Path

import pytest

from aanet.apis.sources import read_source


@pytest.fixture
def folder(tmp_path):
    for name in (
        'plain/a.jpg',
        'plain/b/c.png',
        'people/7/a.jpg',
        'people/12/b.jpg',
        'market/0007_c2s1_000001.jpg',
        'market/-1_c1s1_000002.jpg',
        'market/0000_c1s1_000003.jpg',
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b'')
    (tmp_path / 'all.csv').write_text(
        'path,pid,camid,split\n'
        'plain/a.jpg,3,1,gallery\nplain/b/c.png,-1,,gallery\n'
        'plain/b/c.png,4,,query\n'
    )
    return tmp_path


def short(records, folder):
    return [
        (Path(r.img_path).relative_to(folder).as_posix(), r.pid, r.camid)
        for r in records
    ]


@pytest.mark.parametrize(
    ('source', 'options', 'wanted'),
    [
        ('plain', {}, [('plain/a.jpg', -1, -1), ('plain/b/c.png', -1, -1)]),
        ('plain/a.jpg', {}, [('plain/a.jpg', -1, -1)]),
        (
            'people',
            {'names': 'folders'},
            [('people/12/b.jpg', 12, -1), ('people/7/a.jpg', 7, -1)],
        ),
        (
            'market',
            {'names': 'market1501'},
            [
                ('market/0000_c1s1_000003.jpg', 0, 0),
                ('market/0007_c2s1_000001.jpg', 7, 1),
            ],
        ),
        ('all.csv', {}, [('plain/a.jpg', 3, 1)]),
        (
            'all.csv',
            {'splits': ['query', 'gallery']},
            [('plain/b/c.png', 4, -1), ('plain/a.jpg', 3, 1)],
        ),
    ],
)
def test_images_and_what_is_known_of_them(folder, source, options, wanted):
    assert short(read_source(folder / source, **options), folder) == wanted


def test_paths_of_a_csv_file_may_start_elsewhere(folder):
    (record,) = read_source(folder / 'all.csv', data_root='/elsewhere')
    assert record.img_path == '/elsewhere/plain/a.jpg'


@pytest.mark.parametrize(
    ('source', 'options', 'message'),
    [
        ('gone', {}, 'no file or folder .*gone'),
        ('gone.csv', {}, r'gone\.csv does not exist'),
        ('plain', {'names': 'market1501'}, 'is not named <identity>_c'),
        ('plain', {'names': 'folders'}, 'named by an identity'),
        ('plain', {'names': 'x'}, "names must be one of .*not 'x'"),
        ('all.csv', {'splits': ['train']}, "whose split is 'train'"),
    ],
)
def test_what_does_not_fit_is_named(folder, source, options, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        read_source(folder / source, **options)
