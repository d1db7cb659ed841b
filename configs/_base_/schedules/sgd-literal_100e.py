# The paper to the letter: one rate for all layers, and only the convolution
# layers' decays.
_base_ = './sgd_100e.py'

optim_wrapper = dict(
    constructor='NamedGroupConstructor',
    paramwise_cfg=dict(custom_keys={'head.': dict(lr_mult=1)}),
)
param_scheduler = dict(type='PartialMultiStepLR', skip='head.')
