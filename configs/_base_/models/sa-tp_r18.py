_base_ = './tp_r18.py'

model = dict(frame_pool=dict(type='SpatialAttentionPool', heads=2, penalty=1.0))
