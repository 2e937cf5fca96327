_base_ = './tp_vgg16.py'

# 14,714,688 of 13 convolutions + 350 (512 + 2) + 2 x 512 x 7 = 14,901,756 with 7 classes
model = dict(
    frame_pool=dict(type='SpatialAttentionPool', heads=2, hidden_channels=350, penalty=1.0))
