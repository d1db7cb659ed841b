"""How a gallery is searched."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

KINDS = ('exact', 'flat', 'ivf', 'hnsw')


@dataclass(frozen=True)
class SearchSettings:
    """How a gallery is searched.

    Attributes:
        kind (str): ``'exact'`` compares with every entry, in PyTorch;
            the others need FAISS: ``'flat'`` compares with every entry too,
            ``'ivf'`` with those of the nearest cells, ``'hnsw'`` walks a
            graph, which is slow to build and fast to search. Defaults to
            ``'exact'``.
        index_from (int): The least number of entries for which FAISS is
            used; fewer are searched exactly. Defaults to 100,000.
        nlist (int): Cells of ``'ivf'``; 0 stands for four times the square
            root of the number of entries. Defaults to 0.
        nprobe (int): Cells that a search of ``'ivf'`` looks into. Defaults
            to 32.
        links (int): Links of each entry of ``'hnsw'``. Defaults to 32.
        ef_construction (int): Candidates while ``'hnsw'`` is built. Defaults
            to 40.
        ef_search (int): Candidates of a search of ``'hnsw'``. Defaults to
            128.
        max_memory_mb (int): Bound of the temporaries of an exact search in
            MiB. Defaults to 512.
    """

    kind: str = 'exact'
    index_from: int = 100_000
    nlist: int = 0
    nprobe: int = 32
    links: int = 32
    ef_construction: int = 40
    ef_search: int = 128
    max_memory_mb: int = 512

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(
                f'kind of the search must be one of {", ".join(KINDS)}, not '
                f'{self.kind!r}.'
            )
        for name, value in asdict(self).items():
            least = 0 if name == 'nlist' else 1
            if name != 'kind' and (type(value) is not int or value < least):
                raise ValueError(
                    f'{name} of the search must be an integer >= {least}, '
                    f'not {value!r}.'
                )

    def as_dict(self) -> dict[str, Any]:
        """The attributes, as JSON takes them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> 'SearchSettings':
        """Take settings from a config or a file.

        Args:
            values (Mapping[str, Any]): Attributes; those that are missing
                get their defaults.

        Returns:
            SearchSettings: The settings.

        Raises:
            ValueError: If one is unknown or out of range.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(
                f'the search has no setting {unknown}: it takes '
                f'{sorted(known)}.'
            )
        return cls(**values)
