# For corpora in which some expressions are rare: they weigh more, and so do hard clips.
_base_ = './fan_r18_generic.py'

model = dict(
    cls_head=dict(loss=dict(type='SoftmaxFocalLoss', gamma=2.0, class_weight='effective')))
