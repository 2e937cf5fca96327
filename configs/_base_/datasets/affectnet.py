# AffectNet: eight expressions; the published training and validation images (its test images
# are not public). Happy faces are 35 times as many as contemptuous ones: classes equally often.
_base_ = './stills_224.py'

annotation = dict(file='data/affectnet/annotations.json', root='data/affectnet/AffectNet')
protocol = dict(
    file='data/affectnet/protocol_published.json', split='published', selection='last')
num_classes = 8
train_dataloader = dict(sampler=dict(class_balanced=True))
