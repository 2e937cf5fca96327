# The trunk of CBAM + BLSTM: 42,500,160 + 4,781,012 of CBAM in 33 blocks = 47,281,172 parameters.
model = dict(
    backbone=dict(
        type='AttentionResNet',
        depth=101,
        out_indices=(3, ),
        attention=dict(modules=('cbam', ), position='before_addition'),
        init_cfg=dict(type='Pretrained', checkpoint=None, prefix='backbone.')))
