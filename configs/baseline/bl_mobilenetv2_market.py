# BL on the small backbone, at the rates that it bears.
_base_ = '../aanet/aanet_mobilenetv2_market.py'

model = dict(
    backbone=dict(attention=None), neck=None, head=dict(loss_triplet=None)
)
