_base_ = './score-fusion_r18.py'

model = dict(neck=dict(type='MeanNeck'), cls_head=dict(type='LinearHead'))
