# Model selection without the test set: 100 training identities are held out.
_base_ = './aanet_r50_market.py'

val_ids = 100
model = dict(neck=dict(num_classes=651), head=dict(num_classes=651))
train_dataloader = dict(dataset=dict(val_ids=val_ids))
val_dataloader = dict(dataset=dict(split='val', val_ids=val_ids))
