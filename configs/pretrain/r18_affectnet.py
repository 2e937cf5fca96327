_base_ = [
    '../_base_/models/score-fusion_r18.py', '../_base_/datasets/affectnet.py',
    '../_base_/schedules/stills_affectnet.py', '../_base_/default_runtime.py'
]

model = dict(cls_head=dict(num_classes=_base_.num_classes))
total_batch_size = 256
