# I3D of MMAction2, its own recognizer on our annotation files, protocols and metric. Frames,
# augmentation and schedule are those of the unified recipe.
_base_ = '../_base_/recipes/unified.py'

model = dict(
    type='Recognizer3D',
    data_preprocessor=dict(
        type='ActionDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        format_shape='NCTHW'),
    backbone=dict(
        type='ResNet3d',
        depth=50,
        pretrained=None,
        conv1_kernel=(5, 7, 7),
        conv1_stride_t=2,
        pool1_stride_t=2,
        inflate=((1, 1, 1), (1, 0, 1, 0), (1, 0, 1, 0, 1, 0), (0, 1, 0)),
        zero_init_residual=False,
        init_cfg=dict(type='Pretrained', checkpoint=None, prefix='backbone.')),
    cls_head=dict(
        type='I3DHead',
        num_classes=7,
        in_channels=2048,
        spatial_type='avg',
        dropout_ratio=0.5,
        topk=(1, ),
        average_clips='prob'))

train_pipeline = _base_.train_pipeline
test_pipeline = _base_.test_pipeline
train_pipeline[3:4] = [dict(type='RepeatFrames'), dict(type='FormatShape', input_format='NCTHW')]
test_pipeline[2:3] = [dict(type='RepeatFrames'), dict(type='FormatShape', input_format='NCTHW')]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader
