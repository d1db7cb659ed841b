"""What a run has logged, all its starts joined into one history.

mmengine writes a ``scalars.json`` for each start of a run. A start that goes
on from a checkpoint repeats what came after it, and one that begins anew
repeats everything: from the first iteration that a start has logged, it
replaces the earlier ones.

An entry with a learning rate is of training, one with ``diagnosis/`` before
its keys of :class:`~aanet.engine.DiagnosisHook`, and any other of validation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from statistics import median_low
from typing import Any

Entry = dict[str, Any]

DIAGNOSIS = 'diagnosis/'
"""What the names of a diagnosis' figures begin with."""


@dataclass
class TrainingLog:
    """The entries that count.

    Attributes:
        train (dict[int, Entry]): What was logged in training, by iteration
            from 1, ascending.
        val (dict[int, Entry]): What each validation has logged, by the
            iteration last logged before it.
        diagnosis (dict[int, Entry]): Figures of the diagnosis, by iteration
            from 1.
        starts (int): How often the run was started.
        repeated (int): Training entries that a later start has replaced.
    """

    train: dict[int, Entry] = field(default_factory=dict)
    val: dict[int, Entry] = field(default_factory=dict)
    diagnosis: dict[int, Entry] = field(default_factory=dict)
    starts: int = 0
    repeated: int = 0

    @property
    def iterations(self) -> int:
        """The last iteration logged."""
        return max(self.train, default=0)

    @property
    def seconds(self) -> float:
        """What the iterations took together, validations left out."""
        total, last = 0.0, 0
        for step, entry in self.train.items():
            total += (step - last) * entry.get('time', 0.0)
            last = step
        return total

    @property
    def epoch_length(self) -> int | None:
        """Iterations in an epoch; None before the second epoch's log."""
        first: dict[int, int] = {}
        for step, entry in self.train.items():
            first.setdefault(entry.get('epoch', 0), step)
        # Every epoch is logged at the same places.
        lengths = [
            first[epoch + 1] - first[epoch]
            for epoch in first
            if epoch and epoch + 1 in first
        ]
        return median_low(lengths) if lengths else None

    @property
    def keys(self) -> list[str]:
        """Every quantity logged, those of training first."""
        keys: dict[str, None] = {}
        entries = (self.train, self.diagnosis, self.val)
        for entry in chain.from_iterable(e.values() for e in entries):
            keys.update(dict.fromkeys(entry))
        return [key for key in keys if key not in ('step', 'iter', 'epoch')]

    def curve(self, key: str) -> tuple[list[int], list[float]]:
        """How one quantity went.

        A key of both, such as ``time``, is taken from training.

        Args:
            key (str): As in the log, such as ``loss_cls`` or ``reid/mAP``.

        Returns:
            tuple[list[int], list[float]]: Iterations and values; those of a
            validation at the end of its epoch, as far as that is known.

        Raises:
            ValueError: If nothing of that name was logged.
        """
        points = {
            step: entry[key] for step, entry in self._steps() if key in entry
        } or {
            self.end_of_epoch(step): entry[key]
            for step, entry in self.val.items()
            if key in entry
        }
        if not points:
            raise ValueError(
                f"nothing named '{key}' was logged: choose among "
                f'{", ".join(self.keys)}.'
            )
        return list(points), list(points.values())

    def of_training(self, key: str) -> bool:
        """Whether a quantity was logged within epochs, not behind them.

        Args:
            key (str): As in the log.

        Returns:
            bool: Whether it is of training or of a diagnosis.
        """
        return any(key in entry for _, entry in self._steps())

    def end_of_epoch(self, step: int) -> int:
        """Last iteration of the epoch that an iteration belongs to.

        Args:
            step (int): The iteration, from 1.

        Returns:
            int: The last one, or ``step`` where epochs are not known.
        """
        length = self.epoch_length
        return step if length is None else -(-step // length) * length

    def _steps(self) -> Iterator[tuple[int, Entry]]:
        """What belongs to an iteration of its own."""
        return chain(self.train.items(), self.diagnosis.items())

    def add_start(self, entries: Sequence[Entry]) -> None:
        """Append what one more start has logged.

        Args:
            entries (Sequence[Entry]): Its entries, in the order logged.
        """
        self.starts += 1
        begin = next((e['step'] for e in entries if 'lr' in e), None)
        if begin is not None:
            count = len(self.train)
            self.train = _before(self.train, begin)
            self.val = _before(self.val, begin)
            self.diagnosis = _before(self.diagnosis, begin)
            self.repeated += count - len(self.train)
        for entry in entries:
            if 'lr' in entry:
                self.train[entry['step']] = entry
            elif any(key.startswith(DIAGNOSIS) for key in entry):
                # Its steps need not be those of the training's entries.
                self.diagnosis = _before(self.diagnosis, entry['step'])
                self.diagnosis[entry['step']] = entry
            else:
                self.val[self.iterations] = entry


def _before(entries: dict[int, Entry], begin: int) -> dict[int, Entry]:
    return {step: entry for step, entry in entries.items() if step < begin}
