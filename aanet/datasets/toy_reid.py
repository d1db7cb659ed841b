"""A synthetic data set for trying things out, drawn at its first use."""

from pathlib import Path
from typing import Any

from aanet.datasets.market_style import MarketStyleDataset
from aanet.datasets.toy_drawing import ToySpec, ensure_toy_set
from aanet.registry import DATASETS


@DATASETS.register_module()
class ToyReID(MarketStyleDataset):
    """Drawn pedestrians, seen by five cameras, in Market-1501's layout.

    Persons share their clothes, but no two an outfit; cameras differ in
    place, view, light and color; boxes are off, and some persons are partly
    hidden. The folder is drawn at the first use, and again when the
    arguments below do not fit what it holds.

    Args:
        data_root (str): The folder. Defaults to 'data/toy_reid'.
        seed (int): Decides all pictures. Defaults to 0.
        train_ids (int): Train identities. Defaults to 60.
        test_ids (int): Other identities for the test. Defaults to 60.
        images_per_id (int): Images of each. Defaults to 12.
        **kwargs (Any): As in :class:`aanet.datasets.ReIDDataset`.

    Raises:
        ValueError: If ``data_root`` holds something else.
    """

    NAME = 'ToyReID'

    def __init__(
        self,
        data_root: str = 'data/toy_reid',
        seed: int = 0,
        train_ids: int = 60,
        test_ids: int = 60,
        images_per_id: int = 12,
        **kwargs: Any,
    ) -> None:
        self.spec = ToySpec(seed, train_ids, test_ids, images_per_id)
        super().__init__(data_root=data_root, **kwargs)

    def find_root(self) -> Path:
        """Draw the set where it is missing, and say where it lies."""
        root = Path(self.data_root)
        ensure_toy_set(root, self.spec)
        return root
