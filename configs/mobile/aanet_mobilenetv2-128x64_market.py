_base_ = [
    '../_base_/models/aanet_mobilenetv2.py',
    '../_base_/datasets/market1501_128x64.py',
    '../_base_/schedules/sgd-warmup-cosine_5e.py',
    '../_base_/diagnosed_runtime.py',
]

model = dict(
    backbone=dict(
        init_cfg=dict(checkpoint='data/mobilenet_v2.pth', prefix=None)
    )
)
