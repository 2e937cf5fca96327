_base_ = './score-fusion_r18.py'

model = dict(neck=dict(type='FANNeck', relation=False), cls_head=dict(type='LinearHead'))
