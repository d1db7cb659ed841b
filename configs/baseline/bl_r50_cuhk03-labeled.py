_base_ = [
    '../_base_/models/bl_r50.py',
    '../_base_/datasets/cuhk03-np_labeled.py',
    '../_base_/schedules/sgd_80e.py',
    '../_base_/default_runtime.py',
]

model = dict(head=dict(num_classes=767))
