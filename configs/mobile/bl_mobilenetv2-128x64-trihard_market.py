_base_ = './aanet_mobilenetv2-128x64_market.py'

model = dict(backbone=dict(attention=None), neck=None)
