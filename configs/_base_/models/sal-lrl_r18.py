_base_ = './sal_r18.py'

model = dict(neck=dict(lrl=True))
