# Rates and schedule were chosen here, on held-out training identities.
_base_ = './aanet_mobilenetv2-128x64_market.py'

val_ids = 100
model = dict(neck=dict(num_classes=651), head=dict(num_classes=651))
train_dataloader = dict(dataset=dict(val_ids=val_ids))
val_dataloader = dict(dataset=dict(split='val', val_ids=val_ids))
train_cfg = dict(val_begin=1)
