_base_ = './market1501.py'

train_pipeline = _base_.train_pipeline
train_pipeline[1]['scale'] = (48, 96)
test_pipeline = _base_.test_pipeline
test_pipeline[1]['scale'] = (48, 96)

dataset = dict(type='ToyReID', data_root='data/toy_reid')
train_dataloader = dict(
    num_workers=2, dataset=dict(pipeline=train_pipeline, **dataset)
)
test_dataloader = dict(
    num_workers=2, dataset=dict(pipeline=test_pipeline, **dataset)
)
val_dataloader = test_dataloader
