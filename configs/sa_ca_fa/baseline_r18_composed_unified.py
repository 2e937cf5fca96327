_base_ = ['../_base_/models/baseline_r18.py', '../_base_/recipes/unified_composed.py']

model = dict(
    backbone=_base_.small_trunk,
    neck=dict(num_frames=_base_.frames),
    cls_head=dict(num_classes=_base_.num_classes))
