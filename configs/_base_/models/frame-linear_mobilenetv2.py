model = dict(
    type='ExpressionRecognizer',
    data_preprocessor=dict(
        type='FrameDataPreprocessor', mean=[0., 0., 0.], std=[255., 255., 255.]),
    backbone=dict(
        type='mmpretrain.MobileNetV2',
        out_indices=(7, ),  # 1,280 channels
        init_cfg=dict(type='Pretrained', checkpoint=None, prefix='backbone.')),
    frame_pool=dict(type='GlobalAveragePool'),
    cls_head=dict(type='FrameLinearHead', num_classes=7))
