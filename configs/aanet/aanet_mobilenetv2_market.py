_base_ = [
    '../_base_/models/aanet_mobilenetv2.py',
    '../_base_/datasets/market1501_256x128.py',
    '../_base_/schedules/sgd_100e.py',
    '../_base_/default_runtime.py',
]
