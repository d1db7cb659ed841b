"""Two gloo processes that rank the images of both together.

Rank 0 is whoever calls :func:`run_rank`; run as a script
(``python two_ranks.py FOLDER``), this file is rank 1. Each writes what it saw
to ``FOLDER/RANK.pt``.
"""

import sys
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from aanet.models.losses import AngularLoss, QuadrupletLoss, TriHardLoss
from aanet.models.losses.gather import gather_with_gradient

WORLD = 2
LOSSES = {
    loss.__name__: loss for loss in (TriHardLoss, QuadrupletLoss, AngularLoss)
}


def joint_batch() -> tuple[Tensor, Tensor]:
    """Identity 1 has images on both ranks, 0 and 2 on one each."""
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(8, 6, generator=generator)
    return inputs, torch.tensor([0, 0, 1, 1, 1, 1, 2, 2])


def embedding() -> nn.Module:
    """The same layer wherever it is built."""
    generator = torch.Generator().manual_seed(2)
    layer = nn.Linear(6, 4)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return layer


def run_rank(rank: int, folder: str) -> None:
    """Join the process group for one half of the batch."""
    dist.init_process_group(
        'gloo',
        init_method=f'file://{folder}/store',
        rank=rank,
        world_size=WORLD,
        timeout=timedelta(seconds=60),
    )
    try:
        torch.save(see(rank), f'{folder}/{rank}.pt')
        dist.barrier()
    finally:
        dist.destroy_process_group()


def see(rank: int) -> dict:
    """This rank's half of the batch through DDP and every loss."""
    inputs, labels = joint_batch()
    own = slice(4 * rank, 4 * rank + 4)
    model = DistributedDataParallel(embedding())
    joint, names = gather_with_gradient(model(inputs[own]), labels[own])
    return {
        'joint': joint.detach(),
        'labels': names,
        **{
            name: train_step(model, loss, inputs[own], labels[own])
            for name, loss in LOSSES.items()
        },
    }


def train_step(
    model: nn.Module,
    loss: type[nn.Module],
    inputs: Tensor,
    labels: Tensor,
) -> dict:
    """One loss with and without the other rank, and its gradients."""
    model.zero_grad()
    feats = model(inputs)
    together = loss(gather=True)(feats, labels)
    together.backward()
    return {
        'loss': together.detach(),
        'alone': loss()(feats.detach(), labels),
        'gradients': [p.grad.clone() for p in model.parameters()],
    }


if __name__ == '__main__':
    run_rank(1, sys.argv[1])
