_base_ = './ceflnet_r18_composed_unified.py'

model = dict(neck=dict(eian=False))
