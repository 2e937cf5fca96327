_base_ = './fan-self_r18.py'

model = dict(neck=dict(relation=True))
