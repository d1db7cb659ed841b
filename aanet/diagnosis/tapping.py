"""See what passes through a method, while the model runs as always."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

Note = Callable[[tuple, Any], None]
"""Gets the arguments of a call and what it returned."""


@contextmanager
def tapped(owner: nn.Module, method: str, note: Note) -> Iterator[None]:
    """Note each call of a method of one module.

    Forward hooks would see whole modules only, and not, for example, the
    rectangles that a neck crops.

    Args:
        owner (nn.Module): The module.
        method (str): Name of its method.
        note (Note): Called behind the method, without gradients and without
            autocast.

    Yields:
        None: Within it, calls are noted.
    """
    original = getattr(owner, method)

    def noting(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        with (
            torch.no_grad(),
            torch.autocast('cpu', enabled=False),
            torch.autocast('cuda', enabled=False),
        ):
            note((*args, *kwargs.values()), result)
        return result

    own = owner.__dict__.get(method)
    setattr(owner, method, noting)
    try:
        yield
    finally:
        # The class has it still, unless the instance had one of its own.
        delattr(owner, method)
        if own is not None:
            setattr(owner, method, own)
