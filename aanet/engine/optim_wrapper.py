"""Mixed precision that also runs on a CPU."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.device import get_device
from mmengine.optim import OptimWrapper
from torch import nn

from aanet.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class BF16OptimWrapper(OptimWrapper):
    """Autocast to bfloat16, which needs no loss scaling.

    mmengine's ``AmpOptimWrapper`` refuses to run without an accelerator.
    The arguments are those of ``OptimWrapper``.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run the forward pass in bfloat16.

        Args:
            model (nn.Module): The model that is trained.

        Yields:
            None: Within it, autocast is on.
        """
        device_type = torch.device(get_device()).type
        with (
            super().optim_context(model),
            torch.autocast(device_type, dtype=torch.bfloat16),
        ):
            yield
