# last_stride=1, MobileNetV2OFA's default, is "last stride 1" of the tricks:
# the last of the five halvings is left out, and maps are 1/16 of the input.
_base_ = './bot_r50.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='MobileNetV2OFA',
        attention=None,
        last_stride=1,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='https://download.openmmlab.com/mmclassification/v0/'
            'mobilenet_v2/mobilenet_v2_batch256_imagenet_20200708-3b2dc3af.'
            'pth',
            prefix='backbone',
        ),
    ),
    head=dict(in_channels=1280),
    channels_last=True,
)
