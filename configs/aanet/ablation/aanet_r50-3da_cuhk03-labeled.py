# 3DA-like: an approximation, since its paper publishes no code.
_base_ = '../aanet_r50_cuhk03-labeled.py'

model = dict(
    backbone=dict(
        attention=dict(_delete_=True, type='ThreeDAModule'),
        connection='transmit',
    ),
)
