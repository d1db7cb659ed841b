# The paper's recipe: SGD, a tenth of the rate after 40 epochs. New layers of
# the head learn ten times as fast as the pretrained ones, as in PCB.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=5e-4),
    paramwise_cfg=dict(custom_keys={'head.': dict(lr_mult=10)}),
)
param_scheduler = dict(type='MultiStepLR', milestones=[40], gamma=0.1)

train_cfg = dict(
    type='ResumableEpochTrainLoop', max_epochs=100, val_interval=10
)
val_cfg = dict()
test_cfg = dict()
