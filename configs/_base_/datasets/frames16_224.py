# 16 evenly spaced frames of a video in training and test; 224 x 224 pixels.
_base_ = './frames_224.py'

num_frames = 16

train_pipeline = [
    dict(type='UniformSample', num_frames=num_frames),
    dict(type='LoadFrames', size=(224, 224)),
    dict(type='Flip', flip_ratio=0.5),
    dict(type='RandomRotate', degrees=10.0),
    dict(type='FormatFrames'),
    dict(type='PackExpressionInputs'),
]
test_pipeline = [
    dict(type='UniformSample', num_frames=num_frames),
    dict(type='LoadFrames', size=(224, 224)),
    dict(type='FormatFrames'),
    dict(type='PackExpressionInputs'),
]
total_batch_size = 16  # 256 frames
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader
