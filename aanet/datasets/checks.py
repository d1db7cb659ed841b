"""Is a data set usable? What a user should know before training on it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from aanet.datasets.image_files import decoding_problem
from aanet.datasets.matching import cameras_of_ids, has_match
from aanet.datasets.records import (
    DISTRACTOR_PID,
    NO_CAMERA,
    PARTS,
    Counts,
    Record,
    count,
)
from aanet.datasets.reid_dataset import ReIDDataset


@dataclass
class DatasetReport:
    """What was found.

    Attributes:
        parts (dict[str, list[Record]]): The images of 'train', 'query' and
            'gallery', junk included, as far as they could be listed.
        official (dict[str, Counts]): Published sizes, where there are some.
        problems (list[str]): Reasons not to use the data set.
        notes (list[str]): Remarkable, but no obstacle.
    """

    parts: dict[str, list[Record]] = field(default_factory=dict)
    official: dict[str, Counts] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        """Whether there is no problem."""
        return not self.problems


def check_dataset(train: ReIDDataset, test: ReIDDataset) -> DatasetReport:
    """List a data set and examine its labels, without opening images.

    Args:
        train (ReIDDataset): Where 'train' is taken from.
        test (ReIDDataset): Where 'query' and 'gallery' are taken from.

    Returns:
        DatasetReport: The findings.
    """
    report = DatasetReport()
    for part in PARTS:
        source = train if part == 'train' else test
        official = source.official_counts(part)
        if official:
            report.official[part] = official
        try:
            report.parts[part] = source.load_records(part)
        except (ValueError, OSError) as error:
            report.problems.append(str(error))
    _examine_sizes(report)
    _examine_train(report)
    _examine_test(report)
    return report


def find_unreadable(records: Iterable[Record]) -> Iterator[tuple[str, str]]:
    """Decode every image.

    Args:
        records (Iterable[Record]): The images.

    Yields:
        tuple[str, str]: Path of an unreadable file, and the reason.
    """
    for record in records:
        reason = decoding_problem(record.img_path)
        if reason is not None:
            yield record.img_path, reason


def _examine_sizes(report: DatasetReport) -> None:
    for part, records in report.parts.items():
        found, official = count(records), report.official.get(part)
        if official and found != official:
            report.notes.append(
                f'{part}: expected {official.images} images of '
                f'{official.ids} identities, found {found.images} of '
                f'{found.ids}; results will not be comparable.'
            )
        pids = {record.pid for record in records}
        if part != 'gallery' and DISTRACTOR_PID in pids:
            report.problems.append(
                f'{part}: identity 0 stands for distractors, which belong '
                'in the gallery only; number the identities from 1.'
            )
        if any(record.camid == NO_CAMERA for record in records):
            report.notes.append(
                f'{part}: some images have no camera; for them, images of '
                'the same camera count as matches.'
            )


def _examine_train(report: DatasetReport) -> None:
    records = _persons(report.parts.get('train', ()))
    images = Counter(record.pid for record in records)
    if 'train' in report.parts and len(images) < 2:
        report.problems.append('train: fewer than two identities.')
    single = sum(number == 1 for number in images.values())
    if single:
        report.notes.append(
            f'train: {single} identities have one image, and so no pair.'
        )
    cameras = cameras_of_ids(records)
    one_camera = sum(len(camids) == 1 for camids in cameras.values())
    if one_camera:
        report.notes.append(
            f'train: {one_camera} identities are seen by one camera only.'
        )
    if images and max(images) - min(images) + 1 > len(images):
        report.notes.append(
            'train: the identity numbers have gaps; labels are made '
            'contiguous in the order of the numbers.'
        )


def _examine_test(report: DatasetReport) -> None:
    query = _persons(report.parts.get('query', ()))
    gallery = _persons(report.parts.get('gallery', ()))
    train = _persons(report.parts.get('train', ()))
    shared = {r.pid for r in train} & {r.pid for r in [*query, *gallery]}
    if shared:
        report.problems.append(
            f'{len(shared)} identities are both in train and in query or '
            f'gallery, such as {min(shared)}.'
        )
    cameras = cameras_of_ids(gallery)
    unmatched = sum(not has_match(record, cameras) for record in query)
    if query and gallery and unmatched == len(query):
        report.problems.append(
            'query: none has a match by another camera in the gallery.'
        )
    elif unmatched and gallery:
        report.notes.append(
            f'query: {unmatched} have no match by another camera in the '
            'gallery, and do not count.'
        )


def _persons(records: Sequence[Record]) -> list[Record]:
    """Leave junk and distractors out."""
    return [record for record in records if record.pid > DISTRACTOR_PID]
