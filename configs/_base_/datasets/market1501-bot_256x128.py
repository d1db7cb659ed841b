# The data of "Bag of Tricks": 16 x 4 images a batch, which a black frame of
# ten pixels and a random crop shift.
_base_ = './market1501.py'

train_pipeline = _base_.train_pipeline
train_pipeline[1]['scale'] = (128, 256)
train_pipeline.insert(
    3, dict(type='mmpretrain.RandomCrop', crop_size=(256, 128), padding=10)
)
test_pipeline = _base_.test_pipeline
test_pipeline[1]['scale'] = (128, 256)

train_dataloader = dict(
    batch_size=64,
    sampler=dict(num_ids=16, num_instances=4),
    dataset=dict(pipeline=train_pipeline),
)
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader
