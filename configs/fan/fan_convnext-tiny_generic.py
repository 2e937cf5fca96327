# FAN on a small ConvNeXt: 7 x 7 maps of 768 channels.
_base_ = './fan_vit-small_generic.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmpretrain.ConvNeXt',
        arch='tiny',
        drop_path_rate=0.1,
        gap_before_final_norm=False,
        init_cfg=dict(type='Pretrained', checkpoint=None, prefix='backbone.')))
