_base_ = './fan_vgg16_ckplus.py'

model = dict(frozen=('backbone', ))  # Fig. 3: all feature layers frozen
