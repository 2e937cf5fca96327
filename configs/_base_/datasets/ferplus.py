# FER+: eight expressions, with the votes of ten annotators; trained on FER2013's training and
# public test images, tested on its private ones. selection='inner' selects on the public ones.
_base_ = './stills_224.py'

annotation = dict(file='data/ferplus/annotations.json', root='data/ferplus/FERPlus')
protocol = dict(
    file='data/ferplus/protocol_published.json', split='published', selection='last')
num_classes = 8
