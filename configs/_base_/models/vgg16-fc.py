# "VGG-16 + FC": the baseline with the 13 convolutions of VGG-16, mean over positions, as its trunk.
_base_ = './baseline_r18.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmpretrain.VGG',
        depth=16,
        init_cfg=dict(type='Pretrained', checkpoint=None, prefix='backbone.')))
