# K random frames of a video in training, all frames in the test; 224 x 224 pixels.
input_size = (224, 224)

train_pipeline = [
    dict(type='SegmentSample', num_segments=3),
    dict(type='LoadFrames', size=input_size),
    dict(type='Flip', flip_ratio=0.5),
    dict(type='FormatFrames'),
    dict(type='PackExpressionInputs'),
]
test_pipeline = [
    dict(type='AllFrames'),
    dict(type='LoadFrames', size=input_size),
    dict(type='FormatFrames'),
    dict(type='PackExpressionInputs'),
]

total_batch_size = 48  # videos, over all processes
train_dataloader = dict(
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='EpochSampler', shuffle=True),
    dataset=dict(type='ExpressionDataset', pipeline=train_pipeline))
test_dataloader = dict(
    batch_size=4,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='EpochSampler', shuffle=False, round_up=False),
    dataset=dict(type='ExpressionDataset', pipeline=test_pipeline))
val_dataloader = test_dataloader

test_evaluator = dict(type='ExpressionMetric')
val_evaluator = test_evaluator
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
