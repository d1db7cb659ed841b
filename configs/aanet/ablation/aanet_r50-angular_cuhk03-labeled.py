_base_ = '../aanet_r50_cuhk03-labeled.py'

model = dict(
    head=dict(loss_triplet=dict(_delete_=True, type='AngularLoss')),
)
