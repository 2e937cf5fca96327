_base_ = './r18-small_stills_composed.py'

model = dict(
    backbone=dict(
        type='AttentionResNet',
        attention=dict(modules=('channel', 'spatial'), position='between_convs')))
