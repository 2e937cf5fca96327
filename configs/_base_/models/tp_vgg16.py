# The 13 convolutions of VGG-16 up to the one before the last pooling: stride 16, 14 x 14 regions
# at 224 px. The paper's plain "VGG16 + TP" does not say what the classifier gets; here the mean
# over the regions, which is what spatial attention with equal weights gives.
model = dict(
    type='ExpressionRecognizer',
    # what ports of VGG-Face to PyTorch expect: RGB from 0 to 255 less the mean of its faces
    data_preprocessor=dict(
        type='FrameDataPreprocessor', mean=[129.1863, 104.7624, 93.5940], std=[1., 1., 1.]),
    backbone=dict(
        type='mmpretrain.VGG',
        depth=16,
        with_last_pool=False,
        init_cfg=dict(type='Pretrained', checkpoint=None, prefix='backbone.')),
    frame_pool=dict(type='GlobalAveragePool'),
    cls_head=dict(type='TemporalSoftmaxHead', num_classes=7))
