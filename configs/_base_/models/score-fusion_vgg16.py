_base_ = './score-fusion_r18.py'

# The 13 convolutions of VGG-16, then the mean over positions. VGG-Face is the trunk to begin
# with; its ports to PyTorch expect RGB from 0 to 255 less the mean of its faces.
model = dict(
    data_preprocessor=dict(mean=[129.1863, 104.7624, 93.5940], std=[1., 1., 1.]),
    backbone=dict(
        _delete_=True,
        type='mmpretrain.VGG',
        depth=16,
        init_cfg=dict(type='Pretrained', checkpoint=None, prefix='backbone.')))
