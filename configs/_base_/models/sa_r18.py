_base_ = './baseline_r18.py'

model = dict(
    backbone=dict(
        attention=dict(
            modules=('spatial', ),
            position='between_convs',
            stages=(0, 1, 2, 3),
            spatial=dict(hidden_channels=16, kernel_size=7, reduction='conv'))))
