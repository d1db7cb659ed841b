"""The processes of an evaluation."""

import pickle
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import numpy as np
import torch
import torch.distributed as torch_dist
from mmengine.dist import (
    all_gather_object,
    broadcast,
    get_comm_device,
    get_default_group,
    get_dist_info,
)

T = TypeVar('T')


class Processes:
    """All processes, as a :class:`~aanet.evaluation.functional.team.Team`.

    Args:
        collect_device (str): ``'cpu'`` keeps what they exchange in the main
            memory, even if the default group is one of GPUs (NCCL); anything
            else takes the default group as it is.
    """

    def __init__(self, collect_device: str) -> None:
        self.rank, self.size = get_dist_info()
        self._group = None
        if self.size > 1:
            self._group = _group_on(collect_device)

    def agree(self, work: Callable[[], T]) -> list[T]:
        """Do this process' part, and hear of the others' parts.

        Args:
            work (Callable): Does it; what it returns goes to every process.

        Returns:
            list[T]: What each process' work returned, by rank.

        Raises:
            Exception: On every process, if the work of one has failed: what
                the first of these raised.
        """
        if self.size == 1:
            return [work()]
        result, failure = None, None
        try:
            result = work()
        except Exception as caught:
            # Whoever left here would let the others wait in vain.
            failure = caught
        told = None if failure is None else _portable(failure)
        reports = all_gather_object((result, told), self._group)
        for rank, (_, error) in enumerate(reports):
            if error is not None:
                # Its own error brings the traceback.
                raise (rank == self.rank and failure) or error
        return [result for result, _ in reports]

    def send(self, array: np.ndarray, source: int) -> None:
        """Send an array from one process to all others.

        Args:
            array (np.ndarray): What to send; elsewhere it is overwritten.
            source (int): Rank of the sender.
        """
        broadcast(torch.from_numpy(array), source, self._group)


def _group_on(collect_device: str) -> torch_dist.ProcessGroup:
    group = get_default_group()
    if collect_device == 'cpu' and get_comm_device(group).type != 'cpu':
        return _cpu_group(group)
    return group


@cache
def _cpu_group(default: torch_dist.ProcessGroup) -> Any:
    """A second group, once for each default group."""
    return torch_dist.new_group(backend='gloo')


def _portable(error: Exception) -> Exception:
    """The error, or one that every process can be told of in its place."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        kind = OSError if isinstance(error, OSError) else RuntimeError
        return kind(str(error))
    return error
