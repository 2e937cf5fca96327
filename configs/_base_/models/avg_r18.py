_base_ = './score-fusion_r18.py'

# average pooling before the softmax, and no bias, as in the method's own configs
model = dict(cls_head=dict(fusion='logits', bias=False))
