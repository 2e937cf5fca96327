_base_ = './score-fusion_r18.py'

model = dict(cls_head=dict(type='TemporalSoftmaxHead'))
