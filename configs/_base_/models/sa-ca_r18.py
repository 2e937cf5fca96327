_base_ = './baseline_r18.py'

model = dict(
    backbone=dict(
        attention=dict(
            modules=('channel', 'spatial'),  # in the order of Fig. 1
            position='between_convs',
            stages=(0, 1, 2, 3),
            channel=dict(ratio=16, num_layers=3),
            spatial=dict(hidden_channels=16, kernel_size=7, reduction='conv'))))
