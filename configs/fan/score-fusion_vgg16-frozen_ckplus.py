_base_ = './score-fusion_vgg16_ckplus.py'

model = dict(frozen=('backbone', ))  # Fig. 3: all feature layers frozen
