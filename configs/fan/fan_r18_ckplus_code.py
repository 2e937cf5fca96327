# What the released code does where it differs from the paper.
_base_ = './fan_r18_ckplus.py'

model = dict(
    neck=dict(dropout=0.5, evaluation='code'),
    cls_head=dict(dropout=0.6))

train_pipeline = _base_.train_pipeline
train_pipeline[0].variant = 'code_ckplus'
train_pipeline[2] = dict(type='PerFrameFlip', flip_ratio=0.5)
train_dataloader = dict(dataset=dict(repeat='frames', pipeline=train_pipeline))

optim_wrapper = dict(optimizer=dict(lr=1e-2))
