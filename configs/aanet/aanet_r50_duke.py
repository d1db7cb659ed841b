_base_ = [
    '../_base_/models/aanet_r50.py',
    '../_base_/datasets/dukemtmc_reid.py',
    '../_base_/schedules/sgd_120e.py',
    '../_base_/default_runtime.py',
]

model = dict(
    neck=dict(num_classes=702),
    head=dict(num_classes=702),
)
