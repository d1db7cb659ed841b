"""From the rows of tables to runs: one config, one seed, one folder."""

import copy
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from aanet.experiments.smoke import shrink
from aanet.experiments.swap import dataset_config, use_dataset
from aanet.experiments.tables import Row, Table
from aanet.utils.cli import load_config
from aanet.utils.config_options import check_options

DECISIVE = (
    'model',
    'train_dataloader',
    'test_dataloader',
    'optim_wrapper',
    'param_scheduler',
    'train_cfg',
    'test_evaluator',
    'load_from',
)
"""Keys of a config that decide a run's scores."""

INDIFFERENT = {
    'data_root',
    'max_memory_mb',
    'num_workers',
    'persistent_workers',
    'pin_memory',
    'prefetch_factor',
    'val_interval',
}
"""Keys within them that do not."""


@dataclass(frozen=True)
class Job:
    """A row on one data set with one seed.

    Attributes:
        row (Row): The row.
        dataset (str): Name of the data set.
        seed (int): The seed.
        cfg (Config): The whole config, the seed set.
        folder (Path): Where the run's files and its result lie.
    """

    row: Row
    dataset: str
    seed: int
    cfg: Config
    folder: Path

    @property
    def title(self) -> str:
        """The job in a line."""
        return f'{self.row.name}, {self.dataset}, seed {self.seed}'


def expand(
    table: Table,
    out: Path,
    datasets: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
    options: dict[str, Any] | None = None,
    processes: int = 1,
    smoke: bool = False,
) -> list[Job]:
    """Every run of a table.

    Runs whose configs agree in all that decides the scores share a folder,
    whatever table or row they belong to: each is made once.

    Args:
        table (Table): The table.
        out (Path): Folder of all runs.
        datasets (Sequence[str] | None): Data sets in place of the table's.
            Defaults to None.
        seeds (Sequence[int] | None): Seeds in place of the table's. Defaults
            to None.
        options (dict[str, Any] | None): Overrides for every row, by dotted
            key. Defaults to None.
        processes (int): Processes of a run; each has a batch of its own, so
            that the number is part of the experiment. Defaults to 1.
        smoke (bool): Shrink every run, and make it once, with seed 0.
            Defaults to False.

    Returns:
        list[Job]: The runs, by data set, row and seed.
    """
    datasets = datasets or table.datasets
    seeds = seeds or table.seeds
    if smoke:
        datasets, seeds = ['toy'], [0]
    jobs = []
    for dataset in datasets:
        name = Path(dataset).stem if dataset.endswith('.py') else dataset
        for row in table.rows:
            cfg = row_config(row, dataset, options or {}, smoke)
            folder = _folder(out / name, row, cfg, processes)
            for seed in seeds:
                seeded = copy.deepcopy(cfg)
                seeded.randomness.seed = seed
                jobs.append(
                    Job(row, name, seed, seeded, folder / f'seed{seed}')
                )
    return jobs


def row_config(
    row: Row, dataset: str, options: dict[str, Any], smoke: bool = False
) -> Config:
    """Config of a row on a data set.

    Args:
        row (Row): The row.
        dataset (str): Name of the data set.
        options (dict[str, Any]): Overrides by dotted key, on top of the
            row's own.
        smoke (bool): Whether to shrink it. Defaults to False.

    Returns:
        Config: The config.

    Raises:
        ValueError: If nothing reads an override.
    """
    cfg = load_config(row.config, row.override)
    if smoke:
        shrink(cfg)
    elif not Path(row.config).stem.endswith(f'_{dataset}'):
        use_dataset(cfg, Config.fromfile(dataset_config(dataset)))
    # One checkpoint a run: tables have many.
    cfg.default_hooks.checkpoint.update(max_keep_ckpts=1, save_best=None)
    check_options(cfg, options)
    cfg.merge_from_dict(options)
    return cfg


def fingerprint(cfg: Config, processes: int = 1) -> str:
    """Name of all that decides a run's scores but its seed.

    Args:
        cfg (Config): The config.
        processes (int): Number of processes. Defaults to 1.

    Returns:
        str: Eight hexadecimal digits.
    """
    content = {key: _decisive(cfg.get(key)) for key in DECISIVE}
    if processes > 1:
        content['processes'] = processes
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _decisive(node: Any) -> Any:
    """A part of a config without the keys that do not matter."""
    if isinstance(node, dict):
        return {
            key: _decisive(value)
            for key, value in node.items()
            if key not in INDIFFERENT
        }
    if isinstance(node, (list, tuple)):
        return [_decisive(value) for value in node]
    return node


def _folder(out: Path, row: Row, cfg: Config, processes: int) -> Path:
    """Folder of a config: the one it has, or a new one named by its row."""
    mark = fingerprint(cfg, processes)
    stem = Path(row.config).stem.rpartition('_')[0]
    return next(out.glob(f'*-{mark}'), out / f'{stem}-{mark}')
