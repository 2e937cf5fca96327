# 16 random frames of a video in training, all frames in the test; crops of 224 from 256 pixels.
_base_ = './afew.py'

train_pipeline = [
    dict(type='RandomSample', num_frames=16),
    dict(type='LoadFrames', size=(256, 256)),
    dict(type='Flip', flip_ratio=0.5),
    dict(type='RandomCrop', size=224),
    dict(type='FormatFrames'),
    dict(type='PackExpressionInputs'),
]
test_pipeline = [
    dict(type='AllFrames'),
    dict(type='LoadFrames', size=(256, 256)),
    dict(type='CenterCrop', crop_size=224),
    dict(type='FormatFrames'),
    dict(type='PackExpressionInputs'),
]
total_batch_size = 8  # not stated; 128 frames
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader
