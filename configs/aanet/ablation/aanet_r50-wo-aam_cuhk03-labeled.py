_base_ = '../aanet_r50_cuhk03-labeled.py'

model = dict(neck=None)
