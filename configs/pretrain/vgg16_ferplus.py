# The other trunk of FAN's Fig. 3: VGG-Face, then FER+.
_base_ = [
    '../_base_/models/score-fusion_vgg16.py', '../_base_/datasets/ferplus.py',
    '../_base_/schedules/stills.py', '../_base_/default_runtime.py'
]

model = dict(
    cls_head=dict(
        num_classes=_base_.num_classes,
        loss=dict(type='SoftmaxCrossEntropyLoss', soft_labels=True)))
# 0.1 is for a trunk with batch normalisation
optim_wrapper = dict(optimizer=dict(lr=1e-2))
