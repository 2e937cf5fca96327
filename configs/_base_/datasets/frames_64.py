# Small frames for small machines: 64 x 64 pixels, cropped at random from 72 x 72 in training.
_base_ = './frames_224.py'

input_size = (64, 64)
train_pipeline = [
    dict(type='SegmentSample', num_segments=3),
    dict(type='LoadFrames'),
    dict(type='Resize', scale=(72, 72), keep_ratio=False),
    dict(type='RandomCrop', size=64),
    dict(type='Flip', flip_ratio=0.5),
    dict(type='FormatFrames'),
    dict(type='PackExpressionInputs'),
]
test_pipeline = [
    dict(type='AllFrames'),
    dict(type='LoadFrames'),
    dict(type='Resize', scale=(72, 72), keep_ratio=False),
    dict(type='CenterCrop', crop_size=64),
    dict(type='FormatFrames'),
    dict(type='PackExpressionInputs'),
]
train_dataloader = dict(
    num_workers=0, persistent_workers=False, dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(
    batch_size=8, num_workers=0, persistent_workers=False, dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader
