_base_ = './baseline_r18.py'

model = dict(backbone=dict(attention=dict(modules=('spatial', ), position='between_convs')))
