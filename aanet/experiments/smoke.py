"""Any experiment, shrunk to a few steps on a few drawn pictures."""

from mmengine.config import Config

from aanet.experiments.swap import LOADERS, set_num_classes, use_dataset

DATA_SET = 'configs/aanet/aanet_r18_toy.py'
IDENTITIES = 6
IMAGES_PER_ID = 5
SIZE = (48, 96)
"""Width and height of the pictures, the toy set's own."""


def shrink(cfg: Config) -> None:
    """Make an experiment run in seconds on a CPU.

    The model keeps its depth, width and modules, but starts from scratch;
    data, picture size and batch shrink.

    Args:
        cfg (Config): The experiment, changed in place.
    """
    use_dataset(cfg, Config.fromfile(DATA_SET))
    set_num_classes(cfg, IDENTITIES)
    small = {
        'data_root': 'data/toy_smoke',
        'train_ids': IDENTITIES,
        'test_ids': IDENTITIES,
        'images_per_id': IMAGES_PER_ID,
    }
    for name in LOADERS:
        loader = cfg[name]
        loader.dataset.update(small)
        loader.dataset.pipeline[1].scale = SIZE
        loader.update(num_workers=0, persistent_workers=False)
    sampler = cfg.train_dataloader.sampler
    sampler.num_ids = max(2, sampler.num_ids // 3)
    cfg.train_dataloader.batch_size = sampler.num_ids * sampler.num_instances
    cfg.model.backbone.init_cfg = None
    cfg.train_cfg.update(max_epochs=1, val_interval=2)
    cfg.default_hooks.checkpoint.save_optimizer = False
    cfg.default_hooks.logger.interval = 1
