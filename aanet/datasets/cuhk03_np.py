"""CUHK03-NP: CUHK03 under the new protocol of 767 / 700 identities."""

from typing import Any

from aanet.datasets.market_style import MarketStyleDataset
from aanet.datasets.records import Counts
from aanet.registry import DATASETS

_OFFICIAL = {
    'labeled': {
        'train': Counts(7368, 767),
        'query': Counts(1400, 700),
        'gallery': Counts(5328, 700),
    },
    'detected': {
        'train': Counts(7365, 767),
        'query': Counts(1400, 700),
        'gallery': Counts(5332, 700),
    },
}


@DATASETS.register_module()
class CUHK03NP(MarketStyleDataset):
    """`CUHK03-NP <https://arxiv.org/abs/1701.08398>`_: 2 views a person.

    ``data_root`` is the folder ``CUHK03-NP`` or the one around it, with a
    folder in Market-1501's layout for each variant: the published
    extraction, or what ``tools/dataset_converters/cuhk03_np.py`` makes of
    the original ``cuhk-03.mat``.

    Args:
        variant (str): 'labeled' for boxes drawn by hand, 'detected' for
            those of a detector. There is no usual choice, so it is part of
            the printed name.
        **kwargs (Any): As in :class:`aanet.datasets.ReIDDataset`.

    Raises:
        ValueError: If there is no such variant, or none is given.
    """

    NAME = 'CUHK03-NP'
    SUBFOLDERS = ('', 'CUHK03-NP', 'cuhk03-np')
    HINT = (
        ' (tools/dataset_converters/cuhk03_np.py makes them from cuhk-03.mat)'
    )

    def __init__(self, variant: str = '', **kwargs: Any) -> None:
        if variant not in _OFFICIAL:
            raise ValueError(
                "CUHK03NP needs variant='labeled' or variant='detected', "
                f"got '{variant}'."
            )
        self.variant = variant
        super().__init__(**kwargs)

    @property
    def display_name(self) -> str:
        """Name of the data set with its variant, for logs and tables."""
        return f'{self.NAME} ({self.variant})'

    def folder(self, part: str) -> str:
        """Folder of one part, within the root."""
        return f'{self.variant}/{super().folder(part)}'

    def official_counts(self, part: str) -> Counts | None:
        """Published size of one part of this variant."""
        return _OFFICIAL[self.variant][part]
