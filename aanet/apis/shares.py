"""One list of images, extracted by several processes."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist

T = TypeVar('T')

_PATIENCE = timedelta(days=1)
"""How long the fastest process waits for the slowest."""


@contextmanager
def launched(launcher: str) -> Iterator[None]:
    """Join the processes that were launched together, each with its GPU.

    Only features on CPUs are exchanged, through gloo.

    Args:
        launcher (str): ``'none'`` or ``'pytorch'`` (torchrun).

    Yields:
        None: Within it, :func:`share_of` and :func:`gather` work.

    Raises:
        ValueError: If torchrun has not launched this process.
    """
    if launcher == 'none':
        yield
        return
    if 'LOCAL_RANK' not in os.environ:
        raise ValueError(
            '--launcher pytorch needs torchrun: start with `torchrun '
            '--nproc_per_node=GPUS tools/extract_features.py ...`.'
        )
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ['LOCAL_RANK']))
    dist.init_process_group('gloo', timeout=_PATIENCE)
    try:
        yield
    finally:
        dist.destroy_process_group()


def is_first() -> bool:
    """Whether this process is the one that reports and writes."""
    return not dist.is_initialized() or dist.get_rank() == 0


def share_of(items: Sequence[T]) -> Sequence[T]:
    """The part of a list that this process works on.

    Args:
        items (Sequence[T]): The list, the same in all processes.

    Returns:
        Sequence[T]: A slice; those of all ranks, in order, are the list.
    """
    if not dist.is_initialized():
        return items
    rank, world = dist.get_rank(), dist.get_world_size()
    return items[len(items) * rank // world : len(items) * (rank + 1) // world]


def gather(part: Any) -> list[Any]:
    """Bring what all processes have made to the first of them.

    Args:
        part (Any): What this one has made.

    Returns:
        list[Any]: The parts in the order of the ranks; empty in all
        processes but the first.
    """
    if not dist.is_initialized():
        return [part]
    parts = [None] * dist.get_world_size() if is_first() else None
    dist.gather_object(part, parts)
    return parts or []
