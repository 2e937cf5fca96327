_base_ = './fan-self_r18_composed.py'

model = dict(neck=dict(relation=True))
