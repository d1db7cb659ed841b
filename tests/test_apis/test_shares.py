import numpy as np
import pytest

from aanet.apis.extracted import ExtractedFeatures
from aanet.apis.labelled import extract_records
from aanet.apis.shares import gather, is_first, launched, share_of
from aanet.datasets.records import Record
from tests.helpers.forked import in_two_processes


def gather_parts(rank):
    for number in (0, 1, 5, 8):
        parts = gather(list(share_of(range(number))))
        joined = [item for part in parts for item in part]
        assert joined == (list(range(number)) if is_first() else [])
        assert is_first() == (rank == 0)


def test_shares_in_order_are_the_whole(tmp_path):
    for process in in_two_processes(gather_parts, tmp_path):
        assert process.wait() == 0, process.printed


def test_one_process_does_all():
    with launched('none'):
        assert is_first() and share_of([1, 2]) == [1, 2]
        assert gather('all') == ['all']


def test_torchrun_is_needed(monkeypatch):
    monkeypatch.delenv('LOCAL_RANK', raising=False)
    with (
        pytest.raises(ValueError, match='needs torchrun'),
        launched('pytorch'),
    ):
        pass


def test_parts_count_on_where_the_last_one_ended(tmp_path, tiny, inferencer):
    bad = tmp_path / 'bad.jpg'
    bad.write_bytes(b'')
    records = [Record(path, n, n % 3) for n, path in enumerate(tiny.paths[:5])]
    records.insert(2, Record(str(bad), 99, 0))
    parts = [
        extract_records(inferencer, part, skip_unreadable=True)
        for part in (records[:3], records[3:3], records[3:])
    ]
    joined = ExtractedFeatures.joined(parts)
    assert joined.paths == tiny.paths[:5]
    assert joined.kept.tolist() == [0, 1, 3, 4, 5]
    assert joined.pids.tolist() == [0, 1, 2, 3, 4]
    assert joined.camids.tolist() == [0, 1, 2, 0, 1]
    assert list(joined.unreadable) == [str(bad)]
    whole = extract_records(inferencer, records, skip_unreadable=True)
    np.testing.assert_allclose(joined.features, whole.features, atol=1e-6)


def test_folders_are_no_images(tmp_path, inferencer):
    with pytest.raises(ValueError, match='is a folder'):
        extract_records(inferencer, [Record(str(tmp_path), 1, 0)])
