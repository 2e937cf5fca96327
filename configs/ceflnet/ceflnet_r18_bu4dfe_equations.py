# The network that the paper's equations describe; Eq. (9) has a single layer.
_base_ = './ceflnet_r18_bu4dfe.py'

model = dict(
    neck=dict(variant='equations'),
    cls_head=dict(_delete_=True, type='LinearHead', num_classes=6))
