_base_ = './sal-lrl_r18_composed_unified.py'

model = dict(neck=dict(lrl=False))
