_base_ = './blstm_r18.py'

model = dict(
    backbone=dict(
        type='AttentionResNet', attention=dict(modules=('cbam', ), position='before_addition')))
