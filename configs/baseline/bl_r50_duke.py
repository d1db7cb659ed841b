_base_ = [
    '../_base_/models/bl_r50.py',
    '../_base_/datasets/dukemtmc_reid.py',
    '../_base_/schedules/sgd_120e.py',
    '../_base_/default_runtime.py',
]

model = dict(head=dict(num_classes=702))
