default_scope = 'aanet'

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # by_epoch=False and a small interval keep more of a run that may die;
    # either way a resumed run ends with the uninterrupted run's weights.
    checkpoint=dict(
        type='SafeCheckpointHook',
        by_epoch=True,
        interval=1,
        max_keep_ckpts=2,
        save_best='reid/mAP',
    ),
    sampler_seed=dict(type='DistSamplerSeedHook'),
)
custom_hooks = [
    dict(type='NumClassesCheckHook'),
    dict(type='BatchSizeCheckHook'),
    dict(type='CheckpointMatchHook'),
    dict(type='IterationSeedHook'),
    dict(type='FiniteLossHook'),
    dict(type='SkippedImagesHook'),
    dict(type='ThroughputHook'),
    dict(type='ExtractionTimeHook'),
]

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
vis_backends = [
    dict(type='LocalVisBackend'),
    dict(type='TensorboardVisBackend'),
]
visualizer = dict(type='Visualizer', vis_backends=vis_backends)
log_processor = dict(window_size=50, by_epoch=True)
log_level = 'INFO'

load_from = None
resume = False
randomness = dict(seed=0, deterministic=False)
