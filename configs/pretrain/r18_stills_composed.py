# The trunk for configs/fan/*_composed.py: single faces with five labels, neutral among them.
_base_ = [
    '../_base_/models/score-fusion_r18.py', '../_base_/datasets/frames_64.py',
    '../_base_/default_runtime.py'
]

annotation = dict(file='data/composed/stills/annotations.json', root='data/faces')
protocol = dict(file='data/composed/stills/protocol_fold.json', split='fold1', selection='last')

model = dict(cls_head=dict(num_classes=5))

train_pipeline = _base_.train_pipeline
train_pipeline[0].num_segments = 1
total_batch_size = 48
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(batch_size=64)

# About 3,700 training images, 48 a step: 77 steps an epoch, 924 in all.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=12)
optim_wrapper = dict(
    type='AmpOptimWrapper',
    dtype='bfloat16',
    loss_scale=1.0,
    optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=5e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=77),
    dict(type='CosineAnnealingLR', eta_min=1e-4, by_epoch=True, begin=1, end=12)
]
