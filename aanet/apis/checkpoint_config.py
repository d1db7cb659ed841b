"""The config that a checkpoint carries, without running any of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from aanet.apis.config_text import parse_config_text
from aanet.apis.trusted_types import check_types
from aanet.registry import MODELS, TRANSFORMS
from aanet.utils.safe_loading import load_local_checkpoint


def config_of_checkpoint(path: str | Path) -> Config:
    """Read what inference needs of the config of a checkpoint.

    Args:
        path (str | Path): A checkpoint that mmengine wrote.

    Returns:
        Config: ``model``, with its ``data_preprocessor`` and without
        initialization, and the pipeline of ``test_dataloader``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, has no config, or has one that does
            more than describe a model.
    """
    checkpoint = load_local_checkpoint(str(path), 'cpu')
    text = _text(checkpoint)
    if text is None:
        raise ValueError(
            f'checkpoint {path} does not carry its config: name the config '
            'too, before the checkpoint.'
        )
    try:
        return _for_inference(parse_config_text(text))
    except ValueError as error:
        raise ValueError(
            f'the config in checkpoint {path} was refused: {error}. If you '
            'trust it, name the file of the config too, before the '
            'checkpoint.'
        ) from error


def _text(checkpoint: Any) -> str | None:
    meta = checkpoint.get('meta') if isinstance(checkpoint, dict) else None
    text = meta.get('cfg') if isinstance(meta, dict) else None
    return text if isinstance(text, str) else None


def _for_inference(settings: dict[str, Any]) -> Config:
    """Keep and check what is going to be built."""
    model = _without_init(settings.get('model'))
    try:
        pipeline = settings['test_dataloader']['dataset']['pipeline']
        model['backbone']
    except (KeyError, TypeError) as error:
        raise ValueError(
            'it lacks a model with a backbone, or the pipeline of '
            'test_dataloader.dataset'
        ) from error
    model.setdefault(
        'data_preprocessor', _without_init(settings.get('data_preprocessor'))
    )
    check_types(model, MODELS)
    check_types(pipeline, TRANSFORMS)
    loader = {'dataset': {'pipeline': pipeline}}
    return Config({'model': model, 'test_dataloader': loader})


def _without_init(settings: Any) -> Any:
    """Drop what would fill in weights: the checkpoint brings them."""
    if isinstance(settings, Mapping):
        return {
            key: _without_init(value)
            for key, value in settings.items()
            if key != 'init_cfg'
        }
    if isinstance(settings, list | tuple):
        return type(settings)(map(_without_init, settings))
    return settings
