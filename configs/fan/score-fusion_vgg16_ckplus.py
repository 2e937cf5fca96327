_base_ = './score-fusion_r18_ckplus.py'

# Fig. 3, all layers fine-tuned: the 13 convolutions of VGG-16, then the mean over positions
model = dict(
    backbone=dict(
        _delete_=True,
        type='mmpretrain.VGG',
        depth=16,
        init_cfg=dict(type='Pretrained', checkpoint=None, prefix='backbone.')))
# The paper names no other rate for VGG-16, but 0.1 is for a trunk with batch
# normalisation; this is the default of the released code.
optim_wrapper = dict(optimizer=dict(lr=1e-2))
