"""Run a model's training step and leave no trace of it."""

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Give back everything that a forward pass changes, to the bit.

    That is buffers (running statistics), modes of the modules, which
    parameters train, and the state of every random number generator. Values
    and gradients of the parameters are not guarded: a forward pass and
    :func:`torch.autograd.grad` leave them alone.

    Args:
        model (nn.Module): The model.

    Yields:
        None: Within it, the model may be run in any mode.
    """
    modes = [(module, module.training) for module in model.modules()]
    trains = [(weight, weight.requires_grad) for weight in model.parameters()]
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    try:
        with _random_numbers(model):
            yield
    finally:
        for module, training in modes:
            module.training = training
        for weight, requires_grad in trains:
            weight.requires_grad_(requires_grad)
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)


@contextmanager
def _random_numbers(model: nn.Module) -> Iterator[None]:
    """Give back the states of torch, on the model's device too, and others."""
    devices = {weight.device for weight in model.parameters()}
    accelerators = [device for device in devices if device.type != 'cpu']
    kind = accelerators[0].type if accelerators else 'cuda'
    python, array = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(accelerators, device_type=kind):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(array)


@contextmanager
def plain_execution(model: nn.Module) -> Iterator[None]:
    """Neither compiled code nor recomputed activations.

    Compiled code runs backward once for each forward pass and cannot be
    watched from within; recomputed blocks (``with_cp``) refuse
    :func:`torch.autograd.grad`.

    Args:
        model (nn.Module): The model.

    Yields:
        None: Within it, the model runs operation by operation.
    """
    recomputed: list[Any] = [
        part for part in model.modules() if getattr(part, 'with_cp', False)
    ]
    with ExitStack() as stack:
        # Its import takes seconds; what was not imported compiled nothing.
        if 'torch._dynamo' in sys.modules:
            stack.enter_context(torch.compiler.set_stance('force_eager'))
        try:
            for part in recomputed:
                part.with_cp = False
            yield
        finally:
            for part in recomputed:
                part.with_cp = True
