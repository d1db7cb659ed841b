_base_ = [
    '../_base_/models/aanet_r50.py',
    '../_base_/datasets/cuhk03-np_labeled.py',
    '../_base_/schedules/sgd_80e.py',
    '../_base_/default_runtime.py',
]

model = dict(
    neck=dict(num_classes=767),
    head=dict(num_classes=767),
)
