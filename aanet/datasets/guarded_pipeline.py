"""Runs a pipeline so that a bad image file is named, and never slips by."""

from collections.abc import Callable
from typing import Any

from aanet.datasets.image_files import (
    check_image,
    decoding_problem,
    unreadable,
)
from aanet.datasets.seeded_index import seeded


def run_guarded(
    pipeline: Callable[[dict], Any], info: dict, seed: int | None
) -> Any:
    """Run a pipeline on one sample.

    Args:
        pipeline (Callable): The transforms.
        info (dict): The sample, with ``img_path``.
        seed (int | None): What the transforms' randomness starts from; None
            leaves it alone.

    Returns:
        Any: What the pipeline returns, which is not None.

    Raises:
        UnreadableImageError: If the image file is to blame.
        ValueError: If a transform drops a sample that is readable.
    """
    path = info['img_path']
    check_image(path)
    data, failure = None, None
    try:
        with seeded(seed):
            data = pipeline(info)
    except Exception as error:
        failure = error
    if data is not None:
        return data
    reason = decoding_problem(path)
    if reason is not None:
        raise unreadable(path, reason) from failure
    raise failure or ValueError(
        f'the pipeline returned None for the image {path}, which is '
        'readable: find the transform that drops it.'
    )
