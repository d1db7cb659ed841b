_base_ = './market1501.py'

dataset = dict(type='ToyReID', data_root='data/toy_reid')
train_dataloader = dict(dataset=dataset)
test_dataloader = dict(dataset=dataset)
val_dataloader = dict(dataset=dataset)
