"""The same experiment on another data set."""

from pathlib import Path

from mmengine.config import Config

LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


def dataset_config(name: str) -> str:
    """Config whose data set, classes and epochs an experiment takes.

    Args:
        name (str): Data set as in ``aanet_r50_{name}.py``, or the path of
            any config.

    Returns:
        str: Path of the config.

    Raises:
        FileNotFoundError: If there is none.
    """
    folder = Path('configs/aanet')
    path = Path(name) if name.endswith('.py') else None
    path = path or folder / f'aanet_r50_{name}.py'
    if not path.is_file():
        known = sorted(
            file.stem.rpartition('_')[2]
            for file in folder.glob('aanet_r50_*.py')
        )
        raise FileNotFoundError(
            f'there is no data set {name!r} ({path}): choose one of '
            f'{", ".join(known)}, or name a config.'
        )
    return str(path)


def use_dataset(cfg: Config, source: Config) -> None:
    """Move an experiment to the data set of another config.

    Data sets, number of classes and number of epochs are the other
    config's; model, input size, batch and rates stay.

    Args:
        cfg (Config): The experiment, changed in place.
        source (Config): Config of the data set.
    """
    for name in LOADERS:
        pipeline = cfg[name].dataset.pipeline
        cfg[name].dataset = source[name].dataset
        cfg[name].dataset.pipeline = pipeline
    cfg.train_cfg.max_epochs = source.train_cfg.max_epochs
    set_num_classes(cfg, source.model.head.num_classes)


def set_num_classes(cfg: Config, num_classes: int) -> None:
    """Give head and neck a number of training identities.

    Args:
        cfg (Config): The experiment, changed in place.
        num_classes (int): The number.
    """
    for part in (cfg.model.head, cfg.model.get('neck')):
        if part is not None and 'num_classes' in part:
            part.num_classes = num_classes
