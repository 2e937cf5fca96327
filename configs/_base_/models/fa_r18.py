_base_ = './baseline_r18.py'

model = dict(neck=dict(attention=True))
