# Table 6, ResNet-18: the mean over all sampled frames
_base_ = './ceflnet_r18_bu4dfe.py'

model = dict(
    neck=dict(_delete_=True, type='MeanNeck'),
    cls_head=dict(_delete_=True, type='LinearHead', num_classes=6))
