_base_ = './market1501.py'

train_pipeline = _base_.train_pipeline
train_pipeline[1]['scale'] = (64, 128)
test_pipeline = _base_.test_pipeline
test_pipeline[1]['scale'] = (64, 128)

train_dataloader = dict(num_workers=1, dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(num_workers=1, dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader
