import pytest

from aanet.datasets.labels import read_labels, replacement_order


class Annotated:
    def __init__(self, *infos: dict) -> None:
        self.infos = infos

    def __len__(self) -> int:
        return len(self.infos)

    def get_data_info(self, index: int) -> dict:
        return self.infos[index]


def test_reads_all_labels():
    infos = [dict(gt_label=label) for label in (3, 1, 3)]
    assert read_labels(Annotated(*infos)) == [3, 1, 3]


def test_missing_label():
    with pytest.raises(ValueError, match="Annotated have no 'gt_label'"):
        read_labels(Annotated(dict(img_path='a.jpg')))


def test_replacements_are_of_the_same_identity_then_of_the_next():
    labels = [0, 1, 2, 1, 0, 1]
    assert list(replacement_order(labels, 3)) == [3, 5, 1, 2, 4, 0]
    assert list(replacement_order(labels, 2)) == [2, 4, 0, 3, 5, 1]
