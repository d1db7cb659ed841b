"""Launching several processes without a GPU."""

import pytest
import torch
from mmengine.config import Config

from aanet.utils.distributed import prepare_cpu_launch


def config(launcher=None):
    cfg = Config({'env_cfg': {'dist_cfg': {'backend': 'nccl'}}})
    if launcher is not None:
        cfg.launcher = launcher
    return cfg


@pytest.fixture
def groups(monkeypatch):
    """Back ends of the process groups that were asked for."""
    started = []
    monkeypatch.setattr(
        torch.distributed,
        'init_process_group',
        lambda backend, **_: started.append(backend),
    )
    return started


def has_gpu(monkeypatch, answer):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: answer)


@pytest.mark.parametrize('launcher', [None, 'none'])
def test_one_process_is_left_alone(monkeypatch, groups, launcher):
    has_gpu(monkeypatch, False)
    cfg = config(launcher)
    prepare_cpu_launch(cfg)
    assert groups == []
    assert cfg.to_dict() == config(launcher).to_dict()


@pytest.mark.parametrize('launcher', ['pytorch', 'slurm', 'mpi'])
def test_gpus_are_left_to_mmengine(monkeypatch, groups, launcher):
    has_gpu(monkeypatch, True)
    cfg = config(launcher)
    prepare_cpu_launch(cfg)
    assert groups == []
    assert cfg.to_dict() == config(launcher).to_dict()


def test_cpus_use_gloo_and_a_wrapper_without_device(monkeypatch, groups):
    has_gpu(monkeypatch, False)
    cfg = config('pytorch')
    prepare_cpu_launch(cfg)
    assert groups == ['gloo']
    assert cfg.env_cfg.dist_cfg.backend == 'gloo'
    assert cfg.model_wrapper_cfg.type == 'MMDistributedDataParallel'
    assert cfg.model_wrapper_cfg.device_ids is None


@pytest.mark.parametrize('launcher', ['slurm', 'mpi'])
def test_other_launchers_need_gpus(monkeypatch, groups, launcher):
    has_gpu(monkeypatch, False)
    message = rf"launcher '{launcher}' needs GPUs.*--launcher pytorch"
    with pytest.raises(ValueError, match=message):
        prepare_cpu_launch(config(launcher))
    assert groups == []
