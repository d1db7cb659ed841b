dataset_type = 'Market1501'
data_root = 'data/Market-1501-v15.09.15'
data_preprocessor = dict(
    type='ReIDDataPreprocessor',
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True,
)

train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(192, 384)),
    dict(type='RandomFlip', prob=0.5),
    # The fill is the mean, blue first: 0 once the image is normalized.
    dict(
        type='FastRandomErasing',
        erase_prob=0.5,
        min_area_ratio=0.02,
        max_area_ratio=0.4,
        aspect_range=(0.3, 3.33),
        mode='const',
        fill_color=(103.53, 116.28, 123.675),
    ),
    dict(type='FastPackInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(192, 384)),
    dict(type='FastPackInputs', meta_keys=('img_path', 'camid', 'split')),
]

train_dataloader = dict(
    batch_size=30,
    num_workers=4,
    persistent_workers=True,
    pin_memory=True,
    collate_fn=dict(type='default_collate'),
    sampler=dict(type='RandomIdentitySampler', num_ids=10, num_instances=3),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        split='train',
        pipeline=train_pipeline,
    ),
)
test_dataloader = dict(
    batch_size=64,
    num_workers=4,
    persistent_workers=True,
    pin_memory=True,
    collate_fn=dict(type='default_collate'),
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        split='test',
        pipeline=test_pipeline,
    ),
)
val_dataloader = test_dataloader

test_evaluator = dict(type='ReIDMetric')
val_evaluator = test_evaluator
