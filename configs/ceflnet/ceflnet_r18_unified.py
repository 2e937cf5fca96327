_base_ = ['../_base_/models/ceflnet_r18.py', '../_base_/recipes/unified.py']

# as many frames as for all methods, in 4 clips that are the quarters of the video
train_pipeline = _base_.train_pipeline
test_pipeline = _base_.test_pipeline
train_pipeline[0] = dict(
    type='ClipSample',
    num_clips=4,
    frames_per_clip=_base_.frames // 4,
    num_frames=None,
    window=None,
    overlap=0)
test_pipeline[0] = dict(train_pipeline[0], test_mode=True)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader
