_base_ = [
    '../_base_/models/score-fusion_r18.py', '../_base_/datasets/composed.py',
    '../_base_/schedules/composed.py', '../_base_/default_runtime.py'
]

# the trunk of configs/pretrain/r18_stills_composed.py, trained without this split's test people
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/composed/stills/seed0/{split}/epoch_12.pth',
            prefix='backbone.')),
    cls_head=dict(num_classes=4))
