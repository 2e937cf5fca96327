_base_ = './mean_r18.py'

model = dict(
    neck=dict(type='CEFLNeck', lrl=False, eian=False),
    cls_head=dict(type='MLPHead', hidden=(128, 64), dropout=0.4))
