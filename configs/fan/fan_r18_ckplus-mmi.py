_base_ = [
    '../_base_/models/fan_r18.py', '../_base_/datasets/ckplus-mmi.py',
    '../_base_/schedules/fan_ckplus.py', '../_base_/default_runtime.py'
]

model = dict(cls_head=dict(num_classes=6))  # no contempt
# MMI is the smaller one: 205 clips against 309. An epoch has equally many of each.
train_dataloader = dict(sampler=dict(corpus_balanced=True))
