model = dict(
    type='ExpressionRecognizer',
    data_preprocessor=dict(
        type='FrameDataPreprocessor', mean=[0., 0., 0.], std=[255., 255., 255.]),
    backbone=dict(
        type='mmpretrain.ResNet',
        depth=18,
        out_indices=(3, ),
        init_cfg=dict(type='Pretrained', checkpoint=None, prefix='backbone.')),
    frame_pool=dict(type='GlobalAveragePool'),
    cls_head=dict(type='ScoreFusionHead', num_classes=7))
