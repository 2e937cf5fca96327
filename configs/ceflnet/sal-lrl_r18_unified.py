_base_ = './ceflnet_r18_unified.py'

model = dict(neck=dict(eian=False))
