"""Checkpoints to hand on: weights and what they are, nothing of training."""

import hashlib
import io
from pathlib import Path

import torch

from aanet.utils.safe_loading import load_local_checkpoint
from aanet.utils.safe_saving import AtomicLocalBackend

OF_THE_RUN = ('hook_msgs', 'time')
"""Parts of ``meta`` that only resuming needs."""


def publish(source: str | Path, out: str | Path) -> Path:
    """Write a lean copy of a checkpoint, its hash in its name.

    It holds ``state_dict`` and ``meta`` (with the config). Where the run
    averaged its weights, mmengine's ``state_dict`` already is the average.

    Args:
        source (str | Path): A checkpoint of ``tools/train.py``.
        out (str | Path): Where to; ``model.pth`` becomes
            ``model-0a1b2c3d.pth``, with the first 8 digits of the SHA-256,
            which :func:`torch.hub.load_state_dict_from_url` can check.

    Returns:
        Path: The file written.

    Raises:
        FileNotFoundError: If there is no ``source``.
        ValueError: If it is refused, or no checkpoint of a training.
    """
    checkpoint = load_local_checkpoint(str(source), 'cpu')
    if not isinstance(checkpoint, dict) or 'state_dict' not in checkpoint:
        raise ValueError(
            f'{source} holds no state_dict: give a checkpoint that '
            'tools/train.py wrote.'
        )
    meta = {
        key: value
        for key, value in checkpoint.get('meta', {}).items()
        if key not in OF_THE_RUN
    }
    # A file would lend its name to the content, and so to the hash.
    buffer = io.BytesIO()
    torch.save({'meta': meta, 'state_dict': checkpoint['state_dict']}, buffer)
    content = buffer.getvalue()
    out = Path(out)
    digits = hashlib.sha256(content).hexdigest()[:8]
    path = out.with_name(f'{out.stem}-{digits}.pth')
    path.parent.mkdir(parents=True, exist_ok=True)
    AtomicLocalBackend().put(content, path)
    return path
