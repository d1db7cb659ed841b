# AANet at a size that two CPU cores train in minutes, from scratch.
_base_ = [
    '../_base_/models/aanet_r50.py',
    '../_base_/datasets/toy_reid.py',
    '../_base_/schedules/sgd_100e.py',
    '../_base_/default_runtime.py',
]

model = dict(
    backbone=dict(depth=18, attention_blocks=(0, 0, 2, 2), init_cfg=None),
    neck=dict(num_classes=60, in_channels=512),
    head=dict(num_classes=60, in_channels=512),
    channels_last=True,
)

optim_wrapper = dict(
    optimizer=dict(lr=0.02),
    paramwise_cfg=dict(custom_keys={'head.': dict(lr_mult=5)}),
)
param_scheduler = dict(milestones=[8])
train_cfg = dict(max_epochs=11, val_interval=4)
default_hooks = dict(logger=dict(interval=12))
