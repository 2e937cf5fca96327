_base_ = [
    '../_base_/models/sa-ca_r18.py', '../_base_/datasets/enterface16.py',
    '../_base_/schedules/sa-ca-fa.py', '../_base_/default_runtime.py'
]

model = dict(cls_head=dict(num_classes=_base_.num_classes))
