_base_ = '../aanet_r50_cuhk03-labeled.py'

model = dict(backbone=dict(attention_blocks=(0, 4, 0, 0)))
