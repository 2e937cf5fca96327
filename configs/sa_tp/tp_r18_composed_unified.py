_base_ = ['../_base_/models/tp_r18.py', '../_base_/recipes/unified_composed.py']

model = dict(backbone=_base_.small_trunk, cls_head=dict(num_classes=_base_.num_classes))
