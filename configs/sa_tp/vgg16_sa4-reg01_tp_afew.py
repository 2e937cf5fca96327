_base_ = './vgg16_sa4_tp_afew.py'

model = dict(frame_pool=dict(penalty=0.1))
