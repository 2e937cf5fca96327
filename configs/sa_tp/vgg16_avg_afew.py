_base_ = './vgg16_tp_afew.py'

# Eq. (7): every frame on its own; in the test the mean of the scores before the softmax
model = dict(cls_head=dict(type='ScoreFusionHead', fusion='logits', bias=False))
