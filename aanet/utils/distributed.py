"""Launch on machines without a GPU, and part at the end."""

import torch
import torch.distributed
from mmengine.config import Config


def prepare_cpu_launch(cfg: Config) -> None:
    """Make a ``torchrun`` launch work without a GPU.

    mmengine selects a CUDA device for every launched process, and its
    wrapper hands the model to one. Without CUDA the process group is started
    here, with gloo, and the wrapper is told of no device. With CUDA, or
    without a launcher, nothing is changed.

    Args:
        cfg (Config): The config; ``model_wrapper_cfg`` is set in place.
    """
    if cfg.get('launcher', 'none') == 'none' or torch.cuda.is_available():
        return
    if cfg.launcher != 'pytorch':
        raise ValueError(
            f'launcher {cfg.launcher!r} needs GPUs: use '
            '--launcher pytorch (tools/dist_train.sh) on CPUs.'
        )
    torch.distributed.init_process_group('gloo')
    cfg.env_cfg.dist_cfg.backend = 'gloo'
    cfg.model_wrapper_cfg = {
        'type': 'MMDistributedDataParallel',
        'device_ids': None,
        'broadcast_buffers': False,
    }


def leave_process_group() -> None:
    """End the process group, if there is one, when the work is done.

    Its threads, left to the interpreter's exit, abort a finished process now
    and then.
    """
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
