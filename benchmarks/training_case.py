"""A model and a batch, for the benchmarks that time steps of it."""

import argparse
from contextlib import AbstractContextManager, nullcontext

import torch
from mmengine.config import Config
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from aanet.registry import MODELS
from aanet.utils.complexity import summarize


class TrainingCase:
    """A config's model from scratch, with a batch of noise.

    Args:
        cfg (Config): The config.
        batch_size (int): Images, three of an identity.
        shape (tuple[int, int]): Height and width of an image.
        bf16 (bool): Run forward passes in bfloat16. Defaults to False.
    """

    def __init__(
        self,
        cfg: Config,
        batch_size: int,
        shape: tuple[int, int],
        bf16: bool = False,
    ) -> None:
        cfg.model.backbone.init_cfg = None
        self.model: nn.Module = MODELS.build(cfg.model)
        self.macs = summarize(self.model, shape)['macs']
        self.bf16 = bf16
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4
        )
        self.images: Tensor = torch.randn(batch_size, 3, *shape)
        self.samples = [
            DataSample().set_gt_label(index // 3)
            for index in range(batch_size)
        ]

    def precision(self) -> AbstractContextManager:
        """What a forward pass runs in."""
        if self.bf16:
            return torch.autocast('cpu', dtype=torch.bfloat16)
        return nullcontext()

    def train(self) -> None:
        """One training step."""
        self.model.train()
        with self.precision():
            losses = self.model(self.images, self.samples, mode='loss')
        total, _ = self.model.parse_losses(losses)
        total.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()

    @torch.no_grad()
    def extract(self) -> None:
        """Features of the batch."""
        self.model.eval()
        with self.precision():
            self.model(self.images, mode='tensor')


def add_case_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a benchmark that times steps.

    Args:
        parser (argparse.ArgumentParser): The benchmark's parser.
    """
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--batch-size', type=int, default=6)
    parser.add_argument(
        '--shape',
        type=int,
        nargs=2,
        default=[384, 192],
        metavar=('H', 'W'),
        help='size of an image (default: 384 192)',
    )
