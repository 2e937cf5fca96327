# "ResNet18 + FC": the vectors of 16 frames, 512 -> 256 each, side by side: 4096 -> 128 -> C. The
# paper's Table 3 gives 11.78 M parameters and no widths; with 7 classes this is 11,833,159:
# 11,176,512 + 131,328 of 512 x 256 + 524,416 of 4096 x 128 + 903 of 128 x 7, biases included.
model = dict(
    type='ExpressionRecognizer',
    data_preprocessor=dict(
        type='FrameDataPreprocessor', mean=[0., 0., 0.], std=[255., 255., 255.]),
    backbone=dict(
        type='AttentionResNet',
        depth=18,
        out_indices=(3, ),
        init_cfg=dict(type='Pretrained', checkpoint=None, prefix='backbone.')),
    frame_pool=dict(type='GlobalAveragePool'),
    neck=dict(type='FrameAttentionNeck', num_frames=16, embed_channels=256, attention=False),
    cls_head=dict(type='MLPHead', num_classes=7, hidden=(128, ), dropout=0.0))
