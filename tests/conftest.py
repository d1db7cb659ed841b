"""Every test runs in the scope ``aanet`` with its own random numbers."""

from collections.abc import Iterator

import pytest
import torch
from mmengine.registry import DefaultScope, init_default_scope

init_default_scope('aanet')


@pytest.fixture(autouse=True)
def scope_and_seed() -> Iterator[None]:
    """Undo what a Runner of an earlier test did to either."""
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('aanet'):
        yield
