import pytest

from aanet.datasets.records import Record, count, read_csv

HEADER = 'path,pid,camid,split\n'


@pytest.fixture
def read(tmp_path):
    def read(text: str, part: str = 'train', encoding: str = 'utf-8'):
        file = tmp_path / 'list.csv'
        file.write_text(text, encoding)
        return read_csv(str(file), '/images', part)

    return read


def test_reads_the_rows_of_one_part_in_order(read):
    text = HEADER + 'b.jpg,7,1,train\na.jpg,3,0,query\nx/a.jpg,7,0,train\n'
    assert read(text) == [
        Record('/images/b.jpg', 7, 1),
        Record('/images/x/a.jpg', 7, 0),
    ]
    assert read(text, 'query') == [Record('/images/a.jpg', 3, 0)]


def test_absolute_paths_stay(read):
    assert read(HEADER + '/else/a.jpg,1,0,train')[0].img_path == '/else/a.jpg'


def test_columns_may_come_in_any_order_with_others(read):
    text = 'note,split,pid,path\nhi,train,5,a.jpg\n'
    assert read(text) == [Record('/images/a.jpg', 5, -1)]


def test_camera_may_be_unknown(read):
    records = read(HEADER + 'a.jpg,1,,train\nb.jpg,1,-1,train\n')
    assert [record.camid for record in records] == [-1, -1]


def test_byte_order_mark_of_spreadsheets(read):
    assert len(read(HEADER + 'a.jpg,1,0,train', encoding='utf-8-sig')) == 1


def test_missing_file():
    with pytest.raises(
        FileNotFoundError, match=r'nowhere\.csv does not.*ann_file.*data_root'
    ):
        read_csv('nowhere.csv', '', 'train')


def test_other_encodings(read):
    with pytest.raises(ValueError, match=r'list\.csv is not encoded as UTF-8'):
        read(HEADER + 'Jürgen.jpg,1,0,train\n', encoding='latin-1')


@pytest.mark.parametrize(
    ('header', 'named'),
    [
        ('path,pid\n', r'lacks the column split:'),
        ('file,id,split\n', r'lacks the columns path, pid:'),
        ('', r'lacks the columns path, pid, split:'),
    ],
)
def test_missing_column(read, header, named):
    with pytest.raises(ValueError, match=named):
        read(header)


@pytest.mark.parametrize(
    ('row', 'message'),
    [
        ('a.jpg,anna,0,train', r"line 3: pid must be .* >= -1, got 'anna'"),
        ('a.jpg,-2,0,train', r"line 3: pid must be .* >= -1, got '-2'"),
        ('a.jpg,1,left,train', r"line 3: camid must be .*, got 'left'"),
        ('a.jpg,1_0,0,train', r"line 3: pid must be .*, got '1_0'"),
        ('a.jpg,٣,0,train', r"line 3: pid must be .*, got '٣'"),
        (f'a.jpg,{10**18},0,train', r'line 3: pid must be .* 18 digits'),
        ('a.jpg,1,-3,train', r"line 3: camid must be .*, got '-3'"),
        ('a.jpg,1,0,valid', r"line 3: split must be .*, got 'valid'"),
        ('a.jpg,1', r'line 3: the row does not have as many cells'),
        ('a.jpg,1,0,train,x', r'line 3: the row does not have as many cells'),
        (',1,0,train', r'line 3: the path is empty'),
    ],
)
def test_bad_rows_are_named(read, row, message):
    with pytest.raises(ValueError, match=r'list\.csv, ' + message):
        read(HEADER + 'good.jpg,1,0,train\n' + row + '\n')


def test_a_column_that_is_named_twice(read):
    with pytest.raises(ValueError, match=r'names a column twice .*pid, pid'):
        read('path,pid,pid,split\na.jpg,1,2,train\n')


def test_a_cell_that_never_ends(read):
    with pytest.raises(ValueError, match=r'list\.csv is no CSV file .*quote'):
        read(HEADER + '"' + 140_000 * 'a')


def test_no_row_of_the_part(read):
    with pytest.raises(ValueError, match=r"no row whose split is 'gallery'"):
        read(HEADER + 'a.jpg,1,0,train\n', 'gallery')


def test_counts_leave_junk_out_and_give_distractors_no_identity():
    records = [Record('a.jpg', pid, 0) for pid in (-1, 0, 0, 4, 4, 9)]
    assert count(records) == (5, 2)
