_base_ = '../../baseline/bl_r50_cuhk03-labeled.py'

model = dict(
    neck=dict(type='AAMNeck', num_classes=767, in_channels=2048),
)
