# The paper's DenseOFA-2: the batch of AANet.
_base_ = '../aanet_r50_cuhk03-labeled.py'

model = dict(backbone=dict(connection='dense'))
