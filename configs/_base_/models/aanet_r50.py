model = dict(
    type='ReIDNet',
    backbone=dict(
        type='ResNetOFA',
        depth=50,
        attention=dict(type='OFAModule', reduction=16),
        attention_blocks=(0, 0, 3, 3),
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50'),
    ),
    neck=dict(
        type='AAMNeck',
        num_classes=751,
        in_channels=2048,
        threshold_h=0.3,
        threshold_w=0.3,
        loss_acd=dict(type='AttentionCosineDistanceLoss', loss_weight=1.0),
        loss_cam=dict(type='mmpretrain.CrossEntropyLoss', loss_weight=1.0),
    ),
    head=dict(
        type='PCBTriHardHead',
        num_classes=751,
        in_channels=2048,
        num_parts=6,
        loss_cls=dict(type='mmpretrain.CrossEntropyLoss', loss_weight=1.0),
        loss_triplet=dict(
            type='TriHardLoss', margin=0.3, intra_weight=1.0, loss_weight=1.0
        ),
    ),
)
