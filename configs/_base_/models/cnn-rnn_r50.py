# 23,508,032 of ResNet-50 + 7,348,224 of two LSTM layers + 131,328 of 512 x 256 + 1,799 of 256 x 7
# = 30,989,383 parameters with 7 classes; the paper's Table 3 gives 30.99 M and no widths.
model = dict(
    type='ExpressionRecognizer',
    data_preprocessor=dict(
        type='FrameDataPreprocessor', mean=[0., 0., 0.], std=[255., 255., 255.]),
    backbone=dict(
        type='mmpretrain.ResNet',
        depth=50,
        out_indices=(3, ),
        init_cfg=dict(type='Pretrained', checkpoint=None, prefix='backbone.')),
    frame_pool=dict(type='GlobalAveragePool'),
    neck=dict(type='LSTMNeck', hidden_channels=512, num_layers=2, pooling='last'),
    cls_head=dict(type='MLPHead', num_classes=7, hidden=(256, ), dropout=0.0))
