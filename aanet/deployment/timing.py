"""How long features take."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Timing:
    """Times of one kind of batch.

    Attributes:
        batch_size (int): Images of a batch.
        median_ms (float): Median time of a batch, in milliseconds.
        p95_ms (float): Time that 95 % of the batches stay below, in
            milliseconds.
        images_per_s (float): Images by the time of all batches.
    """

    batch_size: int
    median_ms: float
    p95_ms: float
    images_per_s: float


def measure(
    features: Callable[[Tensor], Tensor],
    images: Tensor,
    iterations: int,
    warmup: int,
) -> Timing:
    """Time batches, from bytes in memory to features in memory.

    Args:
        features (Callable[[Tensor], Tensor]): What to time. It returns once
            the features are on the CPU.
        images (Tensor): A batch, uint8, shape (N, 3, H, W).
        iterations (int): Batches that count.
        warmup (int): Batches before them.

    Returns:
        Timing: The times.
    """
    seconds = np.empty(iterations)
    with torch.no_grad():
        for index in range(-warmup, iterations):
            start = time.perf_counter()
            features(images)
            if index >= 0:
                seconds[index] = time.perf_counter() - start
    return Timing(
        batch_size=len(images),
        median_ms=1000 * float(np.median(seconds)),
        p95_ms=1000 * float(np.percentile(seconds, 95)),
        images_per_s=iterations * len(images) / float(seconds.sum()),
    )
