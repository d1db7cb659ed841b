_base_ = '../../baseline/bl_r50_cuhk03-labeled.py'

model = dict(backbone=dict(attention=dict(_delete_=True, type='SOAModule')))
