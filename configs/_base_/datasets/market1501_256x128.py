_base_ = './market1501.py'

train_pipeline = _base_.train_pipeline
train_pipeline[1]['scale'] = (128, 256)
test_pipeline = _base_.test_pipeline
test_pipeline[1]['scale'] = (128, 256)

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader
