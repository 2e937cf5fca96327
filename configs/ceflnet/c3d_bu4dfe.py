# Tables 2 and 8, C3D: MMAction2's own, on 16 frames of 112 x 112 pixels spread over the video.
_base_ = ['../_base_/datasets/bu4dfe.py', '../_base_/recipes/ceflnet.py']

model = dict(
    type='Recognizer3D',
    data_preprocessor=dict(
        type='ActionDataPreprocessor',
        mean=[0., 0., 0.],
        std=[255., 255., 255.],
        format_shape='NCTHW'),
    backbone=dict(
        type='C3D',
        dropout_ratio=0.5,
        init_std=0.005),
    cls_head=dict(
        type='I3DHead',
        num_classes=6,
        in_channels=4096,
        spatial_type=None,
        dropout_ratio=0.5,
        topk=(1, ),
        average_clips='prob'))

train_pipeline = [
    dict(type='SegmentSample', num_segments=16),
    dict(type='LoadFrames', size=(112, 112)),
    dict(type='RepeatFrames'),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackExpressionInputs'),
]
test_pipeline = [
    dict(type='UniformSample', num_frames=16),
    dict(type='LoadFrames', size=(112, 112)),
    dict(type='RepeatFrames'),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackExpressionInputs'),
]
total_batch_size = _base_.clip_batch_size
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader
