_base_ = ['../_base_/models/sa-ca-fa_r18.py', '../_base_/recipes/unified_composed.py']

# the block attention is pre-trained with the trunk, by
# configs/pretrain/r18-sa-ca-small_stills_composed.py
model = dict(
    backbone=dict(
        _base_.small_trunk,
        pretrained_attention=True,
        init_cfg=dict(
            checkpoint='work_dirs/composed/stills-sa-ca-small/seed0/{split}/epoch_12.pth')),
    neck=dict(num_frames=_base_.frames),
    cls_head=dict(num_classes=_base_.num_classes))
