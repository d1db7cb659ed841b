# The recipe of "Bag of Tricks": Adam, ten epochs of warm-up from a tenth of
# the rate, and a tenth of it each after 40 and 70 epochs.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='Adam', lr=3.5e-4, weight_decay=5e-4),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, begin=0, end=10),
    dict(type='MultiStepLR', milestones=[40, 70], gamma=0.1),
]

train_cfg = dict(
    type='ResumableEpochTrainLoop', max_epochs=120, val_interval=10
)
val_cfg = dict()
test_cfg = dict()
