"""The labels of a data set, without decoding its images."""

from collections.abc import Iterator, Sequence

from mmengine.dataset import BaseDataset


def read_labels(dataset: BaseDataset) -> list[int]:
    """Read the label of every sample from the annotation.

    Args:
        dataset (BaseDataset): Or any wrapper with ``get_data_info``.

    Returns:
        list[int]: ``gt_label`` of each sample.

    Raises:
        ValueError: If the samples have no label.
    """
    try:
        return [
            int(dataset.get_data_info(index)['gt_label'])
            for index in range(len(dataset))
        ]
    except KeyError as error:
        raise ValueError(
            f"the samples of {type(dataset).__name__} have no 'gt_label', "
            'which identity sampling needs.'
        ) from error


def replacement_order(labels: Sequence[int], index: int) -> Iterator[int]:
    """Which samples to take where one is unusable.

    Args:
        labels (Sequence[int]): Label of each sample.
        index (int): The sample that is wanted.

    Yields:
        int: ``index`` itself; the other samples of its label, from it on;
        those of the next label; and so on around.
    """
    yield index
    others = set(range(len(labels))) - {index}
    num_labels = max(labels) + 1
    yield from sorted(
        others,
        key=lambda other: (
            (labels[other] - labels[index]) % num_labels,
            (other - index) % len(labels),
        ),
    )
