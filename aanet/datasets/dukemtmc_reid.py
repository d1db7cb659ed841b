"""DukeMTMC-reID."""

from typing import ClassVar

from aanet.datasets.market_style import MarketStyleDataset
from aanet.datasets.records import Counts
from aanet.registry import DATASETS


@DATASETS.register_module()
class DukeMTMCReID(MarketStyleDataset):
    """`DukeMTMC-reID <https://arxiv.org/abs/1701.07717>`_: 8 cameras.

    ``data_root`` is the folder ``DukeMTMC-reID`` or the one around it. The
    gallery holds 408 identities that no query shows, with pids of their own.
    """

    NAME = 'DukeMTMC-reID'
    SUBFOLDERS = (
        '',
        'DukeMTMC-reID',
        'dukemtmc-reid',
        'dukemtmc-reid/DukeMTMC-reID',
    )
    HINT = ' (its authors withdrew it: there is no official download)'
    OFFICIAL: ClassVar = {
        'train': Counts(16522, 702),
        'query': Counts(2228, 702),
        'gallery': Counts(17661, 1110),
    }
