_base_ = './sal-lrl_r18.py'

model = dict(neck=dict(eian=True))
