_base_ = './baseline_r18.py'

model = dict(
    backbone=dict(
        attention=dict(
            modules=('channel', ),
            position='between_convs',
            stages=(0, 1, 2, 3),
            channel=dict(ratio=16, num_layers=3))))
