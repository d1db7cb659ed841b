"""Figures that sum up a training log."""

from collections.abc import Sequence
from math import isfinite, nan
from pathlib import Path
from statistics import mean, pstdev
from typing import Any

from aanet.utils.training_log import TrainingLog


def run_names(paths: Sequence[str]) -> list[str]:
    """Short names for the logs that a user has named.

    Args:
        paths (Sequence[str]): Work folders or log files.

    Returns:
        list[str]: Name of each folder; the whole path where two are alike.
    """
    names = []
    for path in map(Path, paths):
        folder = path.parent if path.is_file() else path
        folder = folder.parent if folder.name == 'vis_data' else folder
        names.append(folder.resolve().name)
    return [
        name if names.count(name) == 1 else path
        for name, path in zip(names, paths, strict=True)
    ]


def smooth(values: Sequence[float], weight: float) -> list[float]:
    """Smooth a curve as TensorBoard does, by a running mean that forgets.

    Args:
        values (Sequence[float]): The curve; what is not finite stays as it
            is, and does not count.
        weight (float): How much of the past to keep, in [0, 1).

    Returns:
        list[float]: The smoothed curve, which starts at its first value.

    Raises:
        ValueError: If the weight is out of range.
    """
    if not 0 <= weight < 1:
        raise ValueError(
            f'the weight of smoothing must be in [0, 1), not {weight}.'
        )
    total, mass, smoothed = 0.0, 0.0, []
    for value in values:
        if not isfinite(value):
            smoothed.append(value)
            continue
        total = weight * total + (1 - weight) * value
        mass = weight * mass + (1 - weight)
        smoothed.append(total / mass)
    return smoothed


def time_figures(log: TrainingLog) -> dict[str, Any]:
    """How long a training took, validations left out.

    Args:
        log (TrainingLog): The log.

    Returns:
        dict[str, Any]: Seconds of an iteration, of an epoch and of all; the
        share of them spent waiting for data; the epochs that were fastest
        and slowest.

    Raises:
        ValueError: If no iteration has logged its time.
    """
    epochs: dict[int, list[float]] = {}
    for entry in log.train.values():
        if 'time' in entry:
            epochs.setdefault(entry.get('epoch', 1), []).append(entry['time'])
    if not epochs:
        raise ValueError('no training iteration has logged its time.')
    means = {epoch: mean(times) for epoch, times in epochs.items()}
    iteration = log.seconds / log.iterations
    length = log.epoch_length
    return {
        'iterations': log.iterations,
        'starts': log.starts,
        'iteration_seconds': iteration,
        'data_share': _mean_of(log, 'data_time') / _mean_of(log, 'time'),
        'images_per_s': _mean_of(log, 'images_per_s'),
        'fastest_epoch': min(means, key=means.__getitem__),
        'fastest_seconds': min(means.values()),
        'slowest_epoch': max(means, key=means.__getitem__),
        'slowest_seconds': max(means.values()),
        'std_over_epochs': pstdev(means.values()),
        'epoch_seconds': length and length * iteration,
        'total_seconds': log.seconds,
    }


def score_figures(log: TrainingLog, metric: str) -> dict[str, Any]:
    """How good a training became, and how far it came.

    Args:
        log (TrainingLog): The log.
        metric (str): Key of the score that decides, the higher the better.

    Returns:
        dict[str, Any]: The best and the last score with their epochs, all
        scores of the best epoch, and the last losses. Scores are None
        before the first validation.

    Raises:
        ValueError: If validations have logged no such score.
    """
    last_entry = log.train[log.iterations] if log.train else {}
    figures: dict[str, Any] = {
        'iterations': log.iterations,
        'epochs': last_entry.get('epoch'),
        'starts': log.starts,
        'repeated': log.repeated,
        'losses': {k: v for k, v in last_entry.items() if 'loss' in k},
        'metric': metric,
        'best': None,
    }
    if not log.val:
        return figures
    known = {step: e for step, e in log.val.items() if metric in e}
    if not known:
        log.curve(metric)
        raise ValueError(f"'{metric}' is no score of a validation.")
    best = max(known, key=lambda step: known[step][metric])
    last = max(known)
    group = metric.rpartition('/')[0] + '/'
    return {
        **figures,
        'best': known[best][metric],
        'best_epoch': _epoch(log, best),
        'best_scores': {
            key: value
            for key, value in known[best].items()
            if key.startswith(group)
        },
        'last': known[last][metric],
        'last_epoch': _epoch(log, last),
    }


def _epoch(log: TrainingLog, step: int) -> Any:
    """Epoch of a validation; its iteration where there are no epochs."""
    return log.train.get(step, {}).get('epoch', log.val[step]['step'])


def _mean_of(log: TrainingLog, key: str) -> float:
    values = [e[key] for e in log.train.values() if key in e]
    return mean(values) if values else nan
