# The bag of tricks with the batch, input and length of the others.
_base_ = [
    '../_base_/models/bot_mobilenetv2.py',
    '../_base_/datasets/market1501_128x64.py',
    '../_base_/schedules/sgd-warmup-cosine_5e.py',
    '../_base_/diagnosed_runtime.py',
]

model = dict(
    backbone=dict(
        init_cfg=dict(checkpoint='data/mobilenet_v2.pth', prefix=None)
    )
)
optim_wrapper = dict(
    _delete_=True,
    type='OptimWrapper',
    optimizer=dict(type='Adam', lr=2.8e-3, weight_decay=5e-4),
)
