_base_ = './sgd_100e.py'

train_cfg = dict(max_epochs=120)
