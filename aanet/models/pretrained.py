"""What to do where pretrained weights cannot be downloaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

import torch.hub
from mmengine.runner.checkpoint import get_torchvision_models
from torch import nn

_TORCHVISION = 'torchvision://'


@contextmanager
def offline_hint(model: nn.Module) -> Iterator[None]:
    """Turn a failed download into a sentence that helps.

    Args:
        model (nn.Module): Model whose weights are initialized within.

    Yields:
        None: Within it, weights are downloaded.

    Raises:
        FileNotFoundError: If a download failed; the message says which file
            to put where.
    """
    try:
        yield
    except (URLError, ConnectionError, TimeoutError) as error:
        sources = [
            _download_url(cfg['checkpoint'])
            for module in model.modules()
            for cfg in _init_cfgs(module)
            if cfg.get('type') == 'Pretrained'
        ]
        urls = [url for url in sources if url.startswith('http')]
        url = urls[0] if urls else 'the checkpoint'
        cache = Path(torch.hub.get_dir()) / 'checkpoints'
        raise FileNotFoundError(
            f'pretrained weights cannot be downloaded ({error}): fetch {url} '
            f'on a machine with a network and put the file into {cache}, or '
            'name a file with --cfg-options model.backbone.init_cfg.'
            'checkpoint=FILE, or train from scratch with --cfg-options '
            'model.backbone.init_cfg=None.'
        ) from error


def _init_cfgs(module: nn.Module) -> list[dict]:
    """Initialization configs of a module."""
    cfg = getattr(module, 'init_cfg', None) or []
    return [cfg] if isinstance(cfg, dict) else list(cfg)


def _download_url(checkpoint: str) -> str:
    """Address behind a name such as ``torchvision://resnet50``."""
    if not checkpoint.startswith(_TORCHVISION):
        return checkpoint
    name = checkpoint.removeprefix(_TORCHVISION)
    return get_torchvision_models().get(name, checkpoint)
