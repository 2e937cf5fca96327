# One recipe for every method and any annotation file: what differs is the method. All see
# equally many frames of a clip in training and in the test, with the same augmentation,
# schedule and selection (the last checkpoint).
_base_ = ['../datasets/generic.py', '../default_runtime.py']

frames = 16  # of a clip; methods of clips divide them into 4 clips of 4

train_pipeline = _base_.train_pipeline
test_pipeline = _base_.test_pipeline
train_pipeline[0] = dict(type='SegmentSample', num_segments=frames)
test_pipeline[0] = dict(type='UniformSample', num_frames=frames)

total_batch_size = 16  # clips, 256 frames
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=30)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=1e-2, momentum=0.9, weight_decay=1e-4))
param_scheduler = [dict(type='CosineAnnealingLR', T_max=30, eta_min=0, by_epoch=True)]
auto_scale_lr = dict(enable=False, base_batch_size=16)
