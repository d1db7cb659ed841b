_base_ = [
    '../_base_/models/aanet_mobilenetv2.py',
    '../_base_/datasets/market1501_256x128.py',
    '../_base_/schedules/sgd_100e.py',
    '../_base_/default_runtime.py',
]

# At the paper's rates (0.01, and 0.1 for the head) this backbone's features
# collapse within 100 iterations.
optim_wrapper = dict(
    optimizer=dict(lr=0.005),
    paramwise_cfg=dict(custom_keys={'head.': dict(lr_mult=4)}),
)
