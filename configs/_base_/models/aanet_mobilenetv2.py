_base_ = './aanet_r50.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='MobileNetV2OFA',
        attention=dict(type='OFAModule', reduction=16),
        attention_blocks=(0, 0, 0, 0, 2, 3, 1),
        init_cfg=dict(
            type='Pretrained',
            checkpoint='https://download.openmmlab.com/mmclassification/v0/'
            'mobilenet_v2/mobilenet_v2_batch256_imagenet_20200708-3b2dc3af.'
            'pth',
            prefix='backbone',
        ),
    ),
    neck=dict(in_channels=1280),
    head=dict(in_channels=1280),
    channels_last=True,
)
