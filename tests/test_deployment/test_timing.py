import time

import pytest
import torch

from aanet.deployment.timing import measure


def test_warmup_is_left_out_of_the_times():
    seconds = iter([0.2, 0.01, 0.01, 0.04])
    timing = measure(
        lambda images: time.sleep(next(seconds)) or images,
        torch.zeros(5, 3, 2, 2),
        iterations=3,
        warmup=1,
    )
    assert timing.batch_size == 5
    assert timing.median_ms < timing.p95_ms
    assert timing.median_ms == pytest.approx(10, abs=9)
    assert 20 < timing.p95_ms < 150
    assert 15 / timing.images_per_s == pytest.approx(0.06, rel=0.9)
