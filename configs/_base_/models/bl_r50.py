# The paper's BL: a ResNet-50 with six PCB stripes, and nothing else.
model = dict(
    type='ReIDNet',
    backbone=dict(
        type='ResNetOFA',
        depth=50,
        attention=None,
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50'),
    ),
    head=dict(
        type='PCBTriHardHead',
        num_classes=751,
        in_channels=2048,
        num_parts=6,
        loss_cls=dict(type='mmpretrain.CrossEntropyLoss', loss_weight=1.0),
        loss_triplet=None,
    ),
)
