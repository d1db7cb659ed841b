# The plain ResNet-50 keeps its weights and statistics; attention and heads
# learn.
_base_ = '../aanet_r50_cuhk03-labeled.py'

model = dict(backbone=dict(frozen_stages=4, norm_eval=True))
