"""Market-1501."""

from typing import Any, ClassVar

from aanet.datasets.market_style import MarketStyleDataset, list_images
from aanet.datasets.records import (
    DISTRACTOR_PID,
    NO_CAMERA,
    Counts,
    Record,
)
from aanet.registry import DATASETS


@DATASETS.register_module()
class Market1501(MarketStyleDataset):
    """`Market-1501 <https://doi.org/10.1109/ICCV.2015.133>`_: 6 cameras.

    ``data_root`` is the folder ``Market-1501-v15.09.15`` or the one around
    it. Of the gallery's 19,732 files, 3,819 are junk (pid -1, left out) and
    2,798 distractors (pid 0, kept).

    Args:
        with_distractors (bool): Add the images of the folder ``images``, the
            optional 500k distractors, to the gallery. They belong to nobody
            (pid 0, no camera). Defaults to False.
        **kwargs (Any): As in :class:`aanet.datasets.ReIDDataset`.
    """

    NAME = 'Market-1501'
    SUBFOLDERS = (
        '',
        'Market-1501-v15.09.15',
        'market1501',
        'market1501/Market-1501-v15.09.15',
    )
    OFFICIAL: ClassVar = {
        'train': Counts(12936, 751),
        'query': Counts(3368, 750),
        'gallery': Counts(15913, 750),
    }

    def __init__(self, with_distractors: bool = False, **kwargs: Any) -> None:
        self.with_distractors = with_distractors
        super().__init__(**kwargs)

    @property
    def display_name(self) -> str:
        """Name of the data set with its variant, for logs and tables."""
        return self.NAME + (' + 500k' if self.with_distractors else '')

    def official_counts(self, part: str) -> Counts | None:
        """Published size of one part; None for the enlarged gallery."""
        if part == 'gallery' and self.with_distractors:
            return None
        return super().official_counts(part)

    def load_records(self, part: str) -> list[Record]:
        """Find the images of one part, junk included."""
        records = super().load_records(part)
        if part == 'gallery' and self.with_distractors:
            records += [
                Record(str(path), DISTRACTOR_PID, NO_CAMERA)
                for path in list_images(self.find_root() / 'images')
            ]
        return records
