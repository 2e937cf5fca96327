# A trunk from still images: clips of one frame, one linear classifier on the frame vector.
_base_ = [
    '../_base_/models/score-fusion_r18.py', '../_base_/datasets/generic.py',
    '../_base_/schedules/fan_ckplus.py', '../_base_/default_runtime.py'
]

annotation = dict(file='data/stills/annotations.json', root='data/stills/frames')
protocol = dict(file='data/stills/protocol_5fold.json')

train_pipeline = _base_.train_pipeline
train_pipeline[0].num_segments = 1
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
optim_wrapper = dict(optimizer=dict(lr=1e-2))
