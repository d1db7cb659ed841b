_base_ = [
    '../_base_/models/aanet_r50.py',
    '../_base_/datasets/market1501.py',
    '../_base_/schedules/sgd_100e.py',
    '../_base_/default_runtime.py',
]
