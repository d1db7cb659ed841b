# The paper's DenseOFA: a smaller batch; half of AANet's is our reading.
_base_ = './aanet_r50-dense_cuhk03-labeled.py'

train_dataloader = dict(batch_size=15, sampler=dict(num_ids=5))
