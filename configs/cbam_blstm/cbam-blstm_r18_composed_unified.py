_base_ = ['../_base_/models/cbam-blstm_r18.py', '../_base_/recipes/unified_composed.py']

# CBAM is pre-trained with the trunk, by configs/pretrain/r18-cbam-small_stills_composed.py
model = dict(
    backbone=dict(
        _base_.small_trunk,
        pretrained_attention=True,
        init_cfg=dict(
            checkpoint='work_dirs/composed/stills-cbam-small/seed0/{split}/epoch_12.pth')),
    cls_head=dict(num_classes=_base_.num_classes))
