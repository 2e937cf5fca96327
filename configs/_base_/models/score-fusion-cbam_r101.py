_base_ = './score-fusion_r18.py'

# The trunk of cbam-blstm_r101.py: 47,281,172 parameters.
model = dict(
    backbone=dict(
        type='AttentionResNet',
        depth=101,
        attention=dict(modules=('cbam', ), position='before_addition')))
