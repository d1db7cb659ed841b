_base_ = './market1501.py'

dataset = dict(type='CUHK03NP', data_root='data/CUHK03-NP', variant='detected')
train_dataloader = dict(dataset=dataset)
test_dataloader = dict(dataset=dataset)
val_dataloader = dict(dataset=dataset)
