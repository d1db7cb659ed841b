# A short schedule: the rate climbs for an epoch and falls to nothing. Without
# the climb, new classifiers pull the pretrained features to pieces.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=5e-4),
    paramwise_cfg=dict(custom_keys={'head.': dict(lr_mult=4)}),
)
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.01,
        begin=0,
        end=1,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        begin=1,
        end=5,
        T_max=4,
        convert_to_iter_based=True,
    ),
]

# No validation: the test comes at the end, and takes as long as half an epoch.
train_cfg = dict(type='ResumableEpochTrainLoop', max_epochs=5, val_begin=6)
val_cfg = dict()
test_cfg = dict()
