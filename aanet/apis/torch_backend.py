"""Features by PyTorch, from a config and a checkpoint or from the latter.

Letters: N images, H x W pixels, D numbers of a feature.
"""

from difflib import get_close_matches
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.model import BaseModel
from mmengine.registry import DefaultScope
from torch import Tensor

import aanet
from aanet.apis.checkpoint_config import config_of_checkpoint
from aanet.apis.images import ImageSet
from aanet.apis.model_identity import ModelIdentity, hash_file, hash_weights
from aanet.visualization.model_loading import load_model


class TorchBackend:
    """A model of this package; see :mod:`aanet.apis.backends`.

    Args:
        model (BaseModel): The model, in evaluation mode.
        pipeline (list[dict]): Settings of the test's transforms.
        name (str): How to call it.
        weights (str): Path of its checkpoint.
    """

    def __init__(
        self, model: BaseModel, pipeline: list[dict], name: str, weights: str
    ) -> None:
        self.model = model
        self.pipeline = pipeline
        gray = torch.full((256, 128, 3), 127, dtype=torch.uint8).numpy()
        images = ImageSet([gray], pipeline)[0].pixels
        assert images is not None
        self.identity = ModelIdentity(
            name=name,
            height=images.shape[1],
            width=images.shape[2],
            feature_dim=self(images[None]).shape[1],
            flip_test=bool(getattr(model, 'flip_test', False)),
            checkpoint_sha256=hash_file(weights),
            weights_sha256=hash_weights(model.state_dict()),
        )

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Extract features, through the model's own preprocessor.

        Args:
            images (Tensor): uint8, BGR, shape (N, 3, H, W).

        Returns:
            Tensor: Features on the CPU, float32, shape (N, D).
        """
        samples = self.model.test_step({'inputs': images})
        feats = torch.stack([sample.pred_feature for sample in samples])
        return feats.cpu().float()


def open_torch(
    model: str | Config | None = None,
    weights: str | None = None,
    device: str | None = None,
) -> TorchBackend:
    """Open a checkpoint.

    Args:
        model (str | Config | None): A config, its path, or its name, such
            as ``'aanet_r50_market'``. None takes the one that the checkpoint
            carries, of which no code is run; so does the path of a
            checkpoint in place of a config. Defaults to None.
        weights (str | None): Path of the checkpoint. Defaults to None.
        device (str | None): Where to compute. Defaults to None, which is a
            GPU if there is one.

    Returns:
        TorchBackend: The model.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If there is no checkpoint, or it does not fit.
    """
    if weights is None and isinstance(model, str) and _is_checkpoint(model):
        model, weights = None, model
    if weights is None:
        raise ValueError(
            f'a model needs a checkpoint, and {model} is none: name the file '
            'of its weights (epoch_100.pth).'
        )
    weights = str(Path(weights).expanduser())
    with DefaultScope.overwrite_default_scope('aanet'):
        cfg = _config(model, weights)
        # Before the model, which is not built where this is missing.
        pipeline = list(cfg.test_dataloader.dataset.pipeline)
        built = load_model(cfg, weights, device or get_device())
        name = Path(cfg.filename or weights).name
        return TorchBackend(built, pipeline, name, weights)


def _is_checkpoint(path: str) -> bool:
    return Path(path).suffix in ('.pth', '.pt', '.ckpt')


def _config(model: str | Config | None, weights: str) -> Config:
    if model is None:
        return config_of_checkpoint(weights)
    cfg = Config.fromfile(find_config(model)) if _named(model) else model
    if 'test_dataloader' not in cfg or 'model' not in cfg:
        raise ValueError(
            f'config {model} lacks model or test_dataloader: name one that a '
            'model was trained with, of configs/aanet/ for example.'
        )
    return cfg


def _named(model: str | Config) -> bool:
    return isinstance(model, str)


def find_config(name: str) -> Path:
    """Find a config by its path, or by its name in ``configs/``.

    Args:
        name (str): The path or the name.

    Returns:
        Path: The file.

    Raises:
        FileNotFoundError: If there is none; the message holds similar names.
    """
    if Path(name).is_file():
        return Path(name)
    folder = Path(aanet.__file__).parents[1] / 'configs'
    known = {path.stem: path for path in sorted(folder.glob('*/**/*.py'))}
    if name in known:
        return known[name]
    similar = get_close_matches(Path(name).stem, known, n=3)
    hint = f'did you mean {" or ".join(similar)}?' if similar else ''
    raise FileNotFoundError(
        f'config {name} does not exist, neither as a file nor as a name in '
        f'configs/: {hint or "see configs/ for those there are."}'
    )
