_base_ = './score-fusion_vgg16_ckplus.py'

model = dict(neck=dict(type='FANNeck', relation=False), cls_head=dict(type='LinearHead'))
