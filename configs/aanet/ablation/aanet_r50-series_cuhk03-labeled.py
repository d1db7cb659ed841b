# The paper's AANet-2.
_base_ = '../aanet_r50_cuhk03-labeled.py'

model = dict(backbone=dict(connection='series'))
