# FAN's trunk: faces (MS-Celeb-1M), then FER+, here with the votes of its annotators.
_base_ = [
    '../_base_/models/score-fusion_r18.py', '../_base_/datasets/ferplus.py',
    '../_base_/schedules/stills.py', '../_base_/default_runtime.py'
]

model = dict(
    cls_head=dict(
        num_classes=_base_.num_classes,
        loss=dict(type='SoftmaxCrossEntropyLoss', soft_labels=True)))
