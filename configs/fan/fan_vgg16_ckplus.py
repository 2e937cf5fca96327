_base_ = './fan-self_vgg16_ckplus.py'

model = dict(neck=dict(relation=True))
