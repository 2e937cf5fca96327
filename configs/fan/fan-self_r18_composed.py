_base_ = './score-fusion_r18_composed.py'

model = dict(neck=dict(type='FANNeck', relation=False), cls_head=dict(type='LinearHead'))
