# "Bag of Tricks": a ResNet-50 with last stride 1, its pooled map for the
# metric loss, and that behind a batch norm for the softmax loss.
model = dict(
    type='ReIDNet',
    backbone=dict(
        type='ResNetOFA',
        depth=50,
        attention=None,
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50'),
    ),
    head=dict(
        type='BNNeckHead',
        num_classes=751,
        in_channels=2048,
        test_feature='after',
        loss_cls=dict(
            type='mmpretrain.LabelSmoothLoss',
            label_smooth_val=0.1,
            loss_weight=1.0,
        ),
        loss_triplet=dict(
            type='TriHardLoss', margin=0.3, intra_weight=0.0, loss_weight=1.0
        ),
    ),
)
