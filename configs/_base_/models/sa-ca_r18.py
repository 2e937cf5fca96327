_base_ = './baseline_r18.py'

# in the order of Fig. 1; modules=('spatial', 'channel') is the other one
model = dict(
    backbone=dict(attention=dict(modules=('channel', 'spatial'), position='between_convs')))
