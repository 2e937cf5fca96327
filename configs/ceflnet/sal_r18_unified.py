_base_ = './sal-lrl_r18_unified.py'

model = dict(neck=dict(lrl=False))
